import { invalid, tooLarge, type Fault } from '../../common/errors';
import { metadataFaults } from '../../common/filter';

/** A hundred faults tell as much as ten thousand. */
const MAX_FAULTS = 100;

interface Item {
  readonly id?: string | undefined;
  readonly properties?: Record<string, unknown> | undefined;
}

export interface BatchLimits {
  readonly maxRecords: number;
  readonly maxMetadataBytes: number;
}

/** Throws with every fault's path when the batch can't be stored. `what` is its name in the body. */
export function mustBeBatch<T extends Item>(
  what: 'nodes' | 'edges',
  items: readonly T[],
  limits: BatchLimits,
  faultsOf: (item: T, path: string) => Fault[] = () => [],
): void {
  if (items.length > limits.maxRecords) {
    throw tooLarge(`A call accepts up to ${limits.maxRecords} ${what}; send more calls.`, [
      { path: `/${what}`, message: `has ${items.length} ${what}` },
    ]);
  }
  const faults: Fault[] = [];
  const seen = new Map<string, number>();
  for (const [index, item] of items.entries()) {
    const path = `/${what}/${index}`;
    const first = item.id === undefined ? undefined : seen.get(item.id);
    if (first !== undefined) faults.push({ path: `${path}/id`, message: `is the id of /${what}/${first} too` });
    else if (item.id !== undefined) seen.set(item.id, index);
    const properties = item.properties ?? {};
    faults.push(...metadataFaults(properties, `${path}/properties`, { maxBytes: limits.maxMetadataBytes }));
    faults.push(...faultsOf(item, path));
    if (faults.length >= MAX_FAULTS) break;
  }
  mustHaveNone(what, faults);
}

/** Throws `invalid` with the first hundred. */
export function mustHaveNone(what: 'nodes' | 'edges', faults: readonly Fault[]): void {
  if (faults.length > 0) throw invalid(`The ${what} were not stored: some are invalid.`, faults.slice(0, MAX_FAULTS));
}
