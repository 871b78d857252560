import type { Collection } from '../collections/collection';
import { parsePath } from '../common/filter/path';
import { quotedLiteral, quotedName } from './quoting';

/** A column of a relation, for the list of what there is. */
export interface RelationColumn {
  readonly name: string;
  readonly type: string;
}

/** What a name in a statement stands for: a SELECT that shows rows of one project alone. */
export interface Relation {
  readonly columns: readonly RelationColumn[];
  readonly sql: string;
}

const TYPES = {
  string: 'text',
  number: 'double precision',
  datetime: 'timestamp with time zone',
  boolean: 'boolean',
} as const;

/** Postgres cuts longer names, and two could become one. */
const MAX_NAME_BYTES = 63;

const column = (name: string, type: string, expression = name): RelationColumn & { expression: string } => ({
  name,
  type,
  expression,
});
type Shown = ReturnType<typeof column>;

const relation = (columns: readonly Shown[], from: string): Relation => ({
  columns,
  sql: `select ${columns.map(({ name, expression }) => `${expression} as ${quotedName(name)}`).join(', ')} ${from}`,
});

const text = 'text';
const time = 'timestamp with time zone';

/** The records of a collection. `table` is named by the collection's number. */
export function recordsRelation({ id, projectId, dimension, settings }: Collection): Relation {
  const fixed: Shown[] = [column('id', text), column('text', text)];
  const rest: Shown[] = [
    column('metadata', 'jsonb'),
    // The expression of the vector index: otherwise it would not be used.
    dimension === 0
      ? column('embedding', 'vector')
      : column('embedding', `vector(${dimension})`, `embedding::vector(${dimension})`),
    column('version', 'bigint'),
    column('created_at', time),
    column('updated_at', time),
  ];
  const taken = new Set([...fixed, ...rest].map(({ name }) => name));
  const declared = settings.indexes
    .filter(({ field }) => !taken.has(field) && Buffer.byteLength(field) <= MAX_NAME_BYTES)
    .flatMap(metadataColumn);
  return relation([...fixed, ...declared, ...rest], `from zerodb_vectors_${id} where project_id = ${projectId}`);
}

function metadataColumn({ field, type }: Collection['settings']['indexes'][number]): Shown[] {
  const parsed = parsePath(field, []);
  if ('fault' in parsed || !('keys' in parsed.path)) return [];
  const path = `array[${parsed.path.keys.map(quotedLiteral).join(', ')}]::text[]`;
  return [column(field, TYPES[type], metadataValue(type, path))];
}

/** Null where the value has another type than declared. */
function metadataValue(type: keyof typeof TYPES, path: string): string {
  const [value, raw] = [`(metadata #> ${path})`, `(metadata #>> ${path})`];
  const ofType = (name: string, then: string): string => `case when jsonb_typeof${value} = '${name}' then ${then} end`;
  switch (type) {
    case 'string':
      return ofType('string', raw);
    case 'number':
      return ofType('number', `${raw}::double precision`);
    case 'boolean':
      return ofType('boolean', `${raw}::boolean`);
    case 'datetime':
      return ofType('string', `timestamptz 'epoch' + zerodb_instant${raw} * interval '1 microsecond'`);
  }
}

/** What every project has. */
export const PRODUCT_RELATIONS: Readonly<Record<string, (projectId: number) => Relation>> = {
  collections: (project) =>
    relation(
      [
        column('name', text, 'name::text'),
        column('dimension', 'integer'),
        column('metric', text),
        column('embedding_model', text, 'model_name'),
        column('version', 'bigint'),
        column('created_at', time),
        column('updated_at', time),
      ],
      `from zerodb_collections where project_id = ${project} and left(name, 1) <> '@'`,
    ),
  files: (project) =>
    relation(
      [
        column('bucket', text, 'b.name::text'),
        column('key', text, 'f.key::text'),
        column('size', 'bigint', 'f.size'),
        column('content_type', text, 'f.content_type'),
        column('sha256', text, `encode(f.sha256, 'hex')`),
        column('metadata', 'jsonb', 'f.metadata'),
        column('version', 'bigint', 'f.version'),
        column('created_at', time, 'f.created_at'),
        column('updated_at', time, 'f.updated_at'),
      ],
      `from zerodb_files f join zerodb_buckets b on b.id = f.bucket_id and b.project_id = ${project} where f.project_id = ${project}`,
    ),
  memories: (project) =>
    relation(
      [
        column('id', text, 'id::text'),
        ...['kind', 'content', 'role', 'speaker'].map((name) => column(name, text)),
        ...['user_id', 'agent_id', 'session_id'].map((name) => column(name, text, `${name}::text`)),
        ...['subject', 'attribute', 'source'].map((name) => column(name, text)),
        column('value', text, 'value::text'),
        column('confidence', 'double precision'),
        column('importance', 'double precision'),
        column('metadata', 'jsonb'),
        ...['valid_from', 'valid_to', 'recorded_at', 'updated_at', 'superseded_at'].map((name) => column(name, time)),
        column('superseded_by', text, 'superseded_by::text'),
        column('expires_at', time),
        column('version', 'bigint'),
      ],
      `from zerodb_memory_records where project_id = ${project} and deleted_at is null and (expires_at is null or expires_at > now())`,
    ),
  nodes: (project) =>
    relation(
      [
        column('graph', text, 'g.name::text'),
        column('id', text, 'n.id::text'),
        column('labels', 'text[]', 'n.labels'),
        column('properties', 'jsonb', 'n.metadata'),
        column('version', 'bigint', 'n.version'),
        column('created_at', time, 'n.created_at'),
        column('updated_at', time, 'n.updated_at'),
      ],
      `from zerodb_graph_nodes n join zerodb_graphs g on g.id = n.graph_id and g.project_id = ${project} where n.project_id = ${project}`,
    ),
  edges: (project) =>
    relation(
      [
        column('graph', text, 'g.name::text'),
        ...['id', 'source', 'target', 'type'].map((name) => column(name, text, `e.${name}::text`)),
        column('properties', 'jsonb', 'e.metadata'),
        column('weight', 'double precision', 'e.weight'),
        ...['valid_from', 'valid_to'].map((name) => column(name, time, `e.${name}`)),
        column('version', 'bigint', 'e.version'),
        column('created_at', time, 'e.created_at'),
        column('updated_at', time, 'e.updated_at'),
      ],
      `from zerodb_graph_edges e join zerodb_graphs g on g.id = e.graph_id and g.project_id = ${project} where e.project_id = ${project}`,
    ),
  events: (project) =>
    relation(
      [
        column('topic', text, 't.name::text'),
        column('offset', 'bigint', 'e.position'),
        column('id', text, 'e.event_id::text'),
        column('key', text, 'e.key::text'),
        column('type', text, 'e.type::text'),
        column('data', 'json', `e.body::json -> 'data'`),
        column('published_at', time, 'e.published_at'),
      ],
      `from zerodb_events e join zerodb_topics t on t.id = e.topic_id and t.project_id = ${project} where e.project_id = ${project}`,
    ),
};
