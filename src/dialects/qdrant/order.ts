import type { Collection, MetadataIndexSettings } from '../../collections/collection';
import type { PointOrder } from '../../collections/points/points.repository';
import { isObject } from '../../common/filter/values';
import { instantOf } from './date-times';
import { formatError, wrongInput } from './errors';
import { quoted } from './exact-json';
import { fieldOf, keysOf, payloadPath } from './payload-path';

export type Order = PointOrder;

const noRangeIndex = (key: string) =>
  wrongInput(
    `No range index for \`order_by\` key: \`${key}\`. Please create one to use \`order_by\`. Check ` +
      'https://qdrant.tech/documentation/concepts/indexing/#payload-index to see which payload schemas support Range conditions',
  );

/** Reads `order_by`: a key, or more. As in Qdrant, an index says what kind of values they are. */
export const orderOf = (input: unknown, collection: Collection): Order => {
  const { key, direction = 'asc', start_from: start } = isObject(input) ? input : { key: input };
  if (typeof key !== 'string') throw formatError('data did not match any variant of untagged enum OrderByInterface');
  if (direction !== null && direction !== 'asc' && direction !== 'desc') {
    throw formatError(`direction: unknown variant \`${quoted(direction)}\`, expected one of \`asc\`, \`desc\``);
  }
  const path = payloadPath(key);
  const index = collection.settings.indexes.find(({ field }) => field === fieldOf(path));
  if (index?.type !== 'number' && index?.type !== 'datetime') throw noRangeIndex(key);
  return { keys: keysOf(path), type: index.type, descending: direction === 'desc', start: startOf(start, index.type) };
};

const startOf = (input: unknown, type: MetadataIndexSettings['type']): number | bigint | undefined => {
  if (input === undefined || input === null) return undefined;
  if (typeof input === 'number' && type === 'number') return input;
  if (typeof input === 'bigint' && type === 'number') return Number(input);
  const instant = typeof input === 'string' && type === 'datetime' ? instantOf(input) : undefined;
  if (instant === undefined) throw formatError('data did not match any variant of untagged enum StartFrom');
  return instant;
};
