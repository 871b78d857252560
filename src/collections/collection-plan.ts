import { invalidAt } from '../common/errors';
import type { EmbeddingModel, EmbeddingProvider } from '../embeddings/embedding-provider.port';
import {
  MAX_INDEXED_DIMENSION,
  type CollectionDefinition,
  type CollectionSettings,
  type VectorIndexSettings,
} from './collection';
import type { Metric } from './metric';

export interface PlannedCollection {
  readonly dimension: number;
  readonly metric: Metric;
  readonly model: EmbeddingModel | null;
  readonly settings: CollectionSettings;
}

/** pgvector's own defaults. */
const DEFAULT_INDEX: VectorIndexSettings = { type: 'hnsw', m: 16, ef_construction: 64 };

/** Completes a definition. Without dimension and model the default model is taken; with a dimension alone, none. */
export function plan(definition: CollectionDefinition, embeddings: EmbeddingProvider): PlannedCollection {
  const model = modelOf(definition, embeddings);
  const dimension = definition.dimension ?? model?.dimension;
  if (dimension === undefined)
    throw invalidAt('/dimension', 'A collection without an embedding model needs a dimension.');
  if (model && model.dimension !== dimension) {
    throw invalidAt(
      '/dimension',
      `The model ${model.name} makes vectors of ${model.dimension} dimensions, not ${dimension}.`,
    );
  }
  const compression = definition.compression ?? 'none';
  const settings = {
    vector_index: indexOf(definition.vector_index, dimension, MAX_INDEXED_DIMENSION[compression]),
    compression,
    indexes: definition.indexes ?? [],
  };
  return { dimension, metric: definition.metric ?? 'cosine', model, settings };
}

function modelOf(definition: CollectionDefinition, embeddings: EmbeddingProvider): EmbeddingModel | null {
  const { embedding_model: name, dimension } = definition;
  if (name === null) return null;
  if (name === undefined) return dimension === undefined ? embeddings.defaultModel : null;
  const model = embeddings.find(name);
  if (!model) {
    throw invalidAt(
      '/embedding_model',
      `There is no embedding model "${name}"; the default is ${embeddings.defaultModel.name}.`,
    );
  }
  return model;
}

/** Vectors too long for an index are scanned, unless an index was asked for. */
function indexOf(asked: VectorIndexSettings | undefined, dimension: number, max: number): VectorIndexSettings {
  if (asked === undefined) return dimension <= max ? DEFAULT_INDEX : { type: 'flat' };
  if (asked.type !== 'flat' && dimension > max) {
    throw invalidAt(
      '/vector_index',
      `Such an index holds up to ${max} dimensions: use "flat", or compression "half" (up to ${MAX_INDEXED_DIMENSION.half}).`,
    );
  }
  return asked;
}
