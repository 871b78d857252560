import { vectorValue } from '../../../common/binary-values';
import { METRIC_RULES } from '../../metric';
import type { Collection } from '../../collection';
import { recordsTable } from '../../collection';
import type { SqlParams } from '../../../database/filter/sql-params';

type Shape = Pick<Collection, 'id' | 'dimension' | 'metric' | 'settings'>;

/** The indexed expression: a query uses the index only when it spells exactly this. */
const indexedExpression = (collection: Shape): string => {
  const type = collection.settings.compression === 'half' ? 'halfvec' : 'vector';
  return `embedding::${type}(${collection.dimension})`;
};

/** A distance whose order the vector index can give. */
export const indexDistance = (collection: Shape, vector: string): string => {
  // By way of `vector`, which is the type the value is sent in.
  const type = collection.settings.compression === 'half' ? 'vector::halfvec' : 'vector';
  const { operator } = METRIC_RULES[collection.metric];
  return `(r.${indexedExpression(collection)} ${operator} ${vector}::${type}(${collection.dimension}))`;
};

/** The exact distance, from the 32-bit originals. */
export const exactDistance = (collection: Shape, vector: string): string =>
  `(r.embedding ${METRIC_RULES[collection.metric].operator} ${vector}::vector)`;

/** A vector bound as a parameter, in binary: wherever it is used it must be cast to `vector` first. */
export const bindVector = (params: SqlParams, vector: ArrayLike<number>): string => params.add(vectorValue(vector));

export const vectorIndexName = (collection: Shape): string => `${recordsTable(collection)}_vector`;

/**
 * DDL of the vector index: partial, over the records that are marked as indexed. Writes land outside of it and cost
 * nothing; the index builder moves them in, a slice at a time (see `index-builder.ts`). `undefined` for `flat`.
 */
export const vectorIndexDdl = (collection: Shape): string | undefined => {
  const settings = collection.settings.vector_index;
  if (settings.type === 'flat') return undefined;
  const prefix = collection.settings.compression === 'half' ? 'halfvec' : 'vector';
  const operatorClass = `${prefix}_${METRIC_RULES[collection.metric].operatorClass}`;
  const options =
    settings.type === 'hnsw'
      ? `m = ${settings.m}, ef_construction = ${settings.ef_construction}`
      : `lists = ${settings.lists}`;
  return `create index if not exists ${vectorIndexName(collection)} on ${recordsTable(collection)}
    using ${settings.type} ((${indexedExpression(collection)}) ${operatorClass}) with (${options}) where indexed`;
};
