import { vectorValue } from '../../../common/binary-values';
import { servingIndex, type IndexBuild, type IndexCodes } from '../../compression/compression-state';
import { METRIC_RULES } from '../../metric';
import type { Collection } from '../../collection';
import { recordsTable } from '../../collection';
import type { SqlParams } from '../../../database/filter/sql-params';

type Shape = Pick<Collection, 'id' | 'dimension' | 'metric' | 'settings'>;
type BitCodes = Extract<IndexCodes, { kind: 'bit' }>;

/**
 * The code of a vector: the sign of each number after the centre was subtracted. By the cosine only directions count, so
 * the centre is one of directions, too. `vector` is an expression of the type `vector`. The literal is stored with the
 * index, as 16-bit floats: before Postgres 18 the row in `pg_index` must fit into a page.
 */
const bitsOf = ({ metric, dimension }: Shape, { centre }: BitCodes, vector: string): string => {
  const scaled =
    metric === 'cosine' ? `l2_normalize(${vector}::vector(${dimension}))` : `${vector}::vector(${dimension})`;
  const centred = centre.length === 0 ? scaled : `${scaled} - '[${centre.join(',')}]'::halfvec::vector`;
  return `binary_quantize(${centred})::bit(${dimension})`;
};

/** The indexed expression: a query uses the index only when it spells exactly this. */
const indexedExpression = (collection: Shape, codes: IndexCodes): string => {
  if (codes.kind === 'bit') return bitsOf(collection, codes, 'embedding');
  return `embedding::${codes.kind}(${collection.dimension})`;
};

/** A distance whose order the vector index can give. */
export const indexDistance = (collection: Shape, vector: string): string => {
  const { codes } = servingIndex(collection.settings);
  if (codes.kind === 'bit') {
    return `(${bitsOf(collection, codes, 'r.embedding')} <~> ${bitsOf(collection, codes, vector)})`;
  }
  // By way of `vector`, which is the type the value is sent in.
  const type = codes.kind === 'halfvec' ? 'vector::halfvec' : 'vector';
  const { operator } = METRIC_RULES[collection.metric];
  return `(r.${indexedExpression(collection, codes)} ${operator} ${vector}::${type}(${collection.dimension}))`;
};

/** The exact distance, from the 32-bit originals. */
export const exactDistance = (collection: Shape, vector: string): string =>
  `(r.embedding ${METRIC_RULES[collection.metric].operator} ${vector}::vector)`;

/** A vector bound as a parameter, in binary: wherever it is used it must be cast to `vector` first. */
export const bindVector = (params: SqlParams, vector: ArrayLike<number>): string => params.add(vectorValue(vector));

/** Whether a build of the vector index holds the row; with `alias.` where the table has one. */
export const isInBuild = ({ build }: Pick<IndexBuild, 'build'>, alias = ''): string =>
  build === 0 ? `${alias}indexed` : `${alias}index_build >= ${build}`;

/** The opposite, spelled as the index of these rows has it. */
export const isOutsideBuild = ({ build }: Pick<IndexBuild, 'build'>, alias = ''): string =>
  build === 0 ? `not ${alias}indexed` : `${alias}index_build < ${build}`;

/** Marks a row as held, which inserts it into the build's index. */
export const enterBuild = ({ build }: Pick<IndexBuild, 'build'>): string =>
  build === 0 ? 'indexed = true' : `indexed = true, index_build = ${build}`;

export const vectorIndexName = (collection: Pick<Collection, 'id'>, build = 0): string =>
  `${recordsTable(collection)}_vector${build === 0 ? '' : `_${build}`}`;

/** Of the index by which rows are found that a build does not hold yet. Build 0 has one from the start. */
export const tailIndexName = (collection: Pick<Collection, 'id'>, build: number): string =>
  `${recordsTable(collection)}_tail_${build}`;

/**
 * DDL of a vector index: partial, over the records that are marked as held. Writes land outside of it and cost
 * nothing; the index builder moves them in, a slice at a time (see `index-builder.ts`). `undefined` for `flat`, and where
 * nothing is to be indexed.
 */
export const vectorIndexDdl = (
  collection: Shape,
  index: IndexBuild = servingIndex(collection.settings),
  { concurrently = false } = {},
): string | undefined => {
  const settings = collection.settings.vector_index;
  const { codes, build } = index;
  if (settings.type === 'flat' || codes.kind === 'none') return undefined;
  const operatorClass =
    codes.kind === 'bit' ? 'bit_hamming_ops' : `${codes.kind}_${METRIC_RULES[collection.metric].operatorClass}`;
  const options =
    settings.type === 'hnsw'
      ? `m = ${settings.m}, ef_construction = ${settings.ef_construction}`
      : `lists = ${settings.lists}`;
  return `create index ${concurrently ? 'concurrently ' : ''}if not exists ${vectorIndexName(collection, build)}
    on ${recordsTable(collection)}
    using ${settings.type} ((${indexedExpression(collection, codes)}) ${operatorClass}) with (${options})
    where ${isInBuild(index)}`;
};

export const tailIndexDdl = (collection: Shape, index: IndexBuild, { concurrently = false } = {}): string =>
  `create index ${concurrently ? 'concurrently ' : ''}if not exists ${tailIndexName(collection, index.build)}
    on ${recordsTable(collection)} (id) where ${isOutsideBuild(index)}`;
