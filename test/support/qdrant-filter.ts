import { parseInstant } from '../../src/common/filter';

/** A condition as it is sent: this reads JSON, whatever its declared type. */
type QdrantCondition = Readonly<Record<string, unknown>>;

/** What Qdrant's documentation says of the conditions that ZeroDB writes; anything else is a mistake and throws. */
export function holdsInQdrant(condition: QdrantCondition, payload: unknown, pointId?: string): boolean {
  const check = (each: unknown): boolean => holdsInQdrant(each as QdrantCondition, payload, pointId);
  const { key } = condition;
  if (typeof key === 'string') return fieldHolds(condition, valuesAt(payload, key));
  if (condition['has_id']) return (condition['has_id'] as string[]).includes(pointId ?? 'none');
  if (condition['is_empty']) return valuesAt(payload, (condition['is_empty'] as { key: string }).key).length === 0;
  if (condition['nested']) {
    const { key: path, filter } = condition['nested'] as { key: string; filter: QdrantCondition };
    return valuesAt(payload, path).some((element) => holdsInQdrant(filter, element));
  }
  const parts = Object.entries(condition) as [string, unknown[]][];
  if (parts.length === 0) throw new Error('An empty object is no condition.');
  return parts.every(([kind, conditions]) => {
    if (kind === 'must') return conditions.every(check);
    if (kind === 'should') return conditions.some(check);
    if (kind === 'must_not') return !conditions.some(check);
    throw new Error(`"${kind}" is no part of a filter.`);
  });
}

function fieldHolds(condition: QdrantCondition, values: readonly unknown[]): boolean {
  const { match, range } = condition as {
    match?: { value?: unknown; any?: unknown[] };
    range?: Record<string, unknown>;
  };
  if (match) return values.some((value) => (match.any ?? [match.value]).includes(value));
  if (!range) throw new Error('A condition on a field is a match or a range.');
  return values.some((value) => Object.entries(range).every(([op, bound]) => compares(value, op, bound)));
}

function compares(value: unknown, op: string, bound: unknown): boolean {
  const isTime = typeof bound === 'string';
  const [left, right] = isTime ? [instant(value), instant(bound)] : [value, bound];
  if (typeof left !== typeof right || left === undefined) return false;
  const [a, b] = [left as number, right as number];
  return { gt: a > b, gte: a >= b, lt: a < b, lte: a <= b }[op] ?? false;
}

const instant = (value: unknown): bigint | undefined => (typeof value === 'string' ? parseInstant(value) : undefined);

function valuesAt(payload: unknown, path: string): unknown[] {
  if (!/^[A-Za-z0-9_.]+$/.test(path)) throw new Error(`"${path}" would need quotes.`);
  let values: unknown[] = [payload];
  for (const key of path.split('.')) {
    values = values.flatMap((value) => (value as Record<string, unknown> | undefined)?.[key] ?? []);
  }
  return values;
}
