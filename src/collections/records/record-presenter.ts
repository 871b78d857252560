import { presentParts, type RecordRow } from './record-rows';
import { encodeVector } from './vector-input';

export type VectorFormat = 'array' | 'base64';

/** A vector in the form that was asked for. */
export const presentVector = (vector: readonly number[], format: VectorFormat): readonly number[] | string =>
  format === 'base64' ? encodeVector(vector) : vector;

/** Anything with a vector, with the vector in the form that was asked for. */
export function withVectorFormat<T extends { vector?: number[] }>(
  value: T,
  format: VectorFormat,
): Omit<T, 'vector'> & { vector?: readonly number[] | string } {
  const { vector, ...rest } = value;
  return vector === undefined ? rest : { ...rest, vector: presentVector(vector, format) };
}

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
