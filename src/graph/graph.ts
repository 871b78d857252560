import { timestampOrNull } from './items/times';

/** A named set of nodes and edges. */
export interface Graph {
  readonly id: number;
  readonly name: string;
  readonly description: string | null;
  readonly version: number;
  readonly created_at: Date;
  readonly updated_at: Date;
}

/** What a node stands for. */
export type NodeReference =
  | { readonly collection: string; readonly id: string }
  | { readonly memory: string }
  | { readonly bucket: string; readonly key: string };

export interface NodeInput {
  readonly id?: string | undefined;
  readonly labels?: readonly string[] | undefined;
  readonly properties?: Record<string, unknown> | undefined;
  readonly ref?: NodeReference | null | undefined;
}

export interface EdgeInput {
  readonly id?: string | undefined;
  readonly source: string;
  readonly target: string;
  readonly type: string;
  readonly properties?: Record<string, unknown> | undefined;
  /** Not negative. Default 1. */
  readonly weight?: number | undefined;
  readonly valid_from?: string | null | undefined;
  readonly valid_to?: string | null | undefined;
}

export interface NodeRow {
  readonly id: string;
  readonly labels: string[];
  readonly metadata: Record<string, unknown>;
  readonly ref_kind: 'record' | 'memory' | 'file' | null;
  readonly ref_place: string | null;
  readonly ref_id: string | null;
  readonly ref_deleted_at: Date | null;
  readonly version: number;
  readonly created_at: Date;
  readonly updated_at: Date;
}

export interface EdgeRow {
  readonly id: string;
  readonly source: string;
  readonly target: string;
  readonly type: string;
  readonly weight: number;
  readonly valid_from: Date | null;
  readonly valid_to: Date | null;
  readonly metadata: Record<string, unknown>;
  readonly version: number;
  readonly created_at: Date;
  readonly updated_at: Date;
}

/** The columns of a row; `alias` is that of its table. */
export const nodeColumns = (alias: string): string =>
  columnsOf(alias, 'id labels metadata ref_kind ref_place ref_id ref_deleted_at version created_at updated_at');

export const edgeColumns = (alias: string): string =>
  columnsOf(alias, 'id source target type weight valid_from valid_to metadata version created_at updated_at');

const columnsOf = (alias: string, names: string): string =>
  names
    .split(' ')
    .map((name) => `${alias}.${name}`)
    .join(', ');

export const presentGraph = (graph: Graph): Record<string, unknown> => ({
  name: graph.name,
  description: graph.description,
  version: graph.version,
  created_at: graph.created_at.toISOString(),
  updated_at: graph.updated_at.toISOString(),
});

/** As the API shows it. */
export const presentNode = (row: NodeRow): Record<string, unknown> => ({
  id: row.id,
  labels: row.labels,
  properties: row.metadata,
  ref: referenceOf(row),
  ref_deleted_at: timestampOrNull(row.ref_deleted_at),
  version: row.version,
  created_at: row.created_at.toISOString(),
  updated_at: row.updated_at.toISOString(),
});

function referenceOf({ ref_kind: kind, ref_place: place, ref_id: id }: NodeRow): NodeReference | null {
  if (kind === null || id === null) return null;
  if (kind === 'memory') return { memory: id };
  return kind === 'record' ? { collection: place ?? '', id } : { bucket: place ?? '', key: id };
}

export const presentEdge = (row: EdgeRow): Record<string, unknown> => ({
  id: row.id,
  source: row.source,
  target: row.target,
  type: row.type,
  properties: row.metadata,
  weight: row.weight,
  valid_from: timestampOrNull(row.valid_from),
  valid_to: timestampOrNull(row.valid_to),
  version: row.version,
  created_at: row.created_at.toISOString(),
  updated_at: row.updated_at.toISOString(),
});
