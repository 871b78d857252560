import type { Collection, MetadataIndexSettings } from '../../collections/collection';
import type { CollectionCounts } from '../../collections/collections.repository';
import type { Metric } from '../../collections/metric';
import { splitPath } from '../../common/filter/path';
import { payloadKeyOf } from './payload-path';

const DISTANCES: Readonly<Record<Metric, string>> = {
  cosine: 'Cosine',
  dot: 'Dot',
  euclid: 'Euclid',
  manhattan: 'Manhattan',
};

const DATA_TYPES: Readonly<Record<MetadataIndexSettings['type'], string>> = {
  string: 'keyword',
  number: 'float',
  datetime: 'datetime',
  boolean: 'bool',
};

/** A collection as Qdrant describes one: what clients read is true, the rest are Qdrant's own defaults. */
export const infoOf = (collection: Collection, { records, indexed }: CollectionCounts): unknown => ({
  status: 'green',
  optimizer_status: 'ok',
  indexed_vectors_count: indexed,
  points_count: records,
  segments_count: 1,
  config: {
    params: {
      ...vectorsOf(collection),
      shard_number: 1,
      replication_factor: 1,
      write_consistency_factor: 1,
      on_disk_payload: true,
    },
    hnsw_config: { ...graphOf(collection), full_scan_threshold: 10_000, max_indexing_threads: 0, on_disk: false },
    optimizer_config: OPTIMIZERS,
    wal_config: { wal_capacity_mb: 32, wal_segments_ahead: 0, wal_retain_closed: 1 },
    quantization_config: null,
  },
  payload_schema: Object.fromEntries(
    collection.settings.indexes.map(({ field, type }) => [
      payloadKeyOf(splitPath(field) ?? [field]),
      { data_type: DATA_TYPES[type], points: records },
    ]),
  ),
});

/** Qdrant shows the vector without a name alone without it. */
const vectorsOf = ({ dimension, metric, settings }: Collection): Record<string, unknown> => {
  const { vectors = {}, sparse_vectors: sparse } = settings;
  const unnamed = { size: dimension, distance: DISTANCES[metric] };
  const named = Object.entries(vectors).map(([name, space]) => [
    name,
    {
      size: space.dimension,
      distance: DISTANCES[space.metric],
      ...(space.kind === 'multi' ? { multivector_config: { comparator: 'max_sim' } } : {}),
    },
  ]);
  const all = Object.fromEntries([...(dimension === 0 ? [] : [['', unnamed]]), ...named]) as Record<string, unknown>;
  return {
    vectors: named.length === 0 && dimension > 0 ? unnamed : all,
    ...(sparse ? { sparse_vectors: sparse } : {}),
  };
};

const graphOf = ({ settings: { vector_index: index } }: Collection): { m: number; ef_construct: number } =>
  index.type === 'hnsw' ? { m: index.m, ef_construct: index.ef_construction } : { m: 0, ef_construct: 100 };

const OPTIMIZERS = {
  deleted_threshold: 0.2,
  vacuum_min_vector_number: 1_000,
  default_segment_number: 0,
  max_segment_size: null,
  memmap_threshold: null,
  indexing_threshold: 10_000,
  flush_interval_sec: 5,
  max_optimization_threads: null,
};
