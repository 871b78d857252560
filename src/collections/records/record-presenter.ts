import type { ShownVectors } from '../named-vectors';
import { presentParts, type RecordRow } from './record-rows';
import { encodeVector } from './vector-input';

export type VectorFormat = 'array' | 'base64';

/** A vector in the form that was asked for. */
export const presentVector = (vector: readonly number[], format: VectorFormat): readonly number[] | string =>
  format === 'base64' ? encodeVector(vector) : vector;

interface Presented {
  vector?: readonly number[] | string;
  vectors?: Readonly<Record<string, unknown>>;
}

/** Anything with vectors, with the vectors in the form that was asked for. Sparse ones have but one form. */
export function withVectorFormat<T extends { vector?: number[]; vectors?: ShownVectors }>(
  value: T,
  format: VectorFormat,
): Omit<T, 'vector' | 'vectors'> & Presented {
  const { vector, vectors, ...rest } = value;
  return {
    ...rest,
    ...(vector === undefined ? {} : { vector: presentVector(vector, format) }),
    ...(vectors === undefined ? {} : { vectors: presentNamed(vectors, format) }),
  };
}

function presentNamed(vectors: ShownVectors, format: VectorFormat): Readonly<Record<string, unknown>> {
  if (format === 'array') return vectors;
  return Object.fromEntries(
    Object.entries(vectors).map(([name, vector]) => [name, 'indices' in vector ? vector : encoded(vector)]),
  );
}

const encoded = (vector: readonly number[] | readonly (readonly number[])[]): string | string[] =>
  typeof vector[0] === 'number'
    ? encodeVector(vector as readonly number[])
    : (vector as readonly (readonly number[])[]).map(encodeVector);

/** A record as the API shows it. */
export function presentRecord(row: RecordRow, format: VectorFormat): Record<string, unknown> {
  return {
    id: row.id,
    ...withVectorFormat(presentParts(row), format),
    version: row.version,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  };
}
