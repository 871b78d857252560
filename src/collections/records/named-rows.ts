import { arrayLiteral } from '../../database/array-literal';
import { vectorText, type NamedVector, type ShownVector, type ShownVectors } from '../named-vectors';

/** An element of the column, as JSON. Vectors are in pgvector's text form. */
export interface NamedRow {
  readonly name: string;
  readonly dense: string | null;
  readonly multi: readonly string[] | null;
  readonly indices: readonly number[] | null;
  readonly weights: readonly number[] | null;
}

/** Numbers print as 32-bit floats are read. */
export const namedColumn = (alias = 'r.'): string => `to_json(${alias}vectors) as vectors`;

export const shownVectors = (rows: readonly NamedRow[]): ShownVectors =>
  Object.fromEntries(rows.map((row) => [row.name, shownVector(row)]));

function shownVector({ dense, multi, indices, weights }: NamedRow): ShownVector {
  // pgvector's text form is valid JSON.
  if (dense !== null) return JSON.parse(dense) as number[];
  if (multi !== null) return multi.map((row) => JSON.parse(row) as number[]);
  return { indices: indices ?? [], values: weights ?? [] };
}

export const namedVectorsIn = (rows: readonly NamedRow[]): NamedVector[] =>
  rows.map((row) => {
    const { name } = row;
    const shown = shownVector(row);
    if ('indices' in shown) return { name, kind: 'sparse', indices: shown.indices, values: shown.values };
    if (row.multi !== null) return { name, kind: 'multi', rows: shown as number[][] };
    return { name, kind: 'dense', values: shown as number[] };
  });

/** Equal for vectors that are stored as the same 32-bit floats. */
export const namedIdentity = (vectors: readonly NamedVector[]): string | null => namedLiteral(vectors.map(rounded));

function rounded(vector: NamedVector): NamedVector {
  if (vector.kind === 'dense') return { ...vector, values: Float32Array.from(vector.values) };
  if (vector.kind === 'sparse') return vector;
  return { ...vector, rows: vector.rows.map((row) => Float32Array.from(row)) };
}

/** The column's value as a literal of an array, in the order of names; null where there is none. */
export const namedLiteral = (vectors: readonly NamedVector[]): string | null =>
  vectors.length === 0
    ? null
    : arrayLiteral(
        [...vectors].sort((a, b) => (a.name < b.name ? -1 : 1)).map((vector) => rowLiteral(fieldsOf(vector))),
      );

type Fields = readonly (string | null)[];

function fieldsOf(vector: NamedVector): Fields {
  switch (vector.kind) {
    case 'dense':
      return [vector.name, vectorText(vector.values), null, null, null];
    case 'multi':
      return [vector.name, null, arrayLiteral(vector.rows.map(vectorText)), null, null];
    case 'sparse':
      return [
        vector.name,
        null,
        null,
        `{${vector.indices.join(',')}}`,
        `{${vector.values.map(Math.fround).join(',')}}`,
      ];
  }
}

/** Of a row, which is a text with quotes again. */
const rowLiteral = (fields: Fields): string =>
  `(${fields.map((field) => (field === null ? '' : `"${field.replace(/["\\]/g, '\\$&')}"`)).join(',')})`;
