import { fixOf } from './fix';
import type { LiveSchema } from './manifest';
import type { SchemaObject } from './schema-objects';

/** One difference between the schema that the migrations create and the live one. */
export interface Drift {
  /** Such as `index zerodb_keys_project` or `column zerodb_keys.hash`. */
  readonly object: string;
  readonly kind: 'missing' | 'different' | 'extra';
  readonly expected?: string;
  readonly actual?: string;
  /** The statements that repair it; absent where only a person can decide. */
  readonly fix?: string;
  /** Whether `fix` can be run without losing anything. */
  readonly safe: boolean;
  /** Requests fail without it, so the product must not start. */
  readonly fatal: boolean;
}

const keyOf = ({ kind, name }: SchemaObject): string => `${kind} ${name}`;

/** Pure: the differences, ordered by object. */
export function compareSchemas(manifest: readonly SchemaObject[], live: LiveSchema): Drift[] {
  const expected = new Map(withPartitions(manifest, live).map((object) => [keyOf(object), object]));
  const actual = new Map(live.objects.map((object) => [keyOf(object), object]));
  const keys = [...new Set([...expected.keys(), ...actual.keys()])].sort();
  return keys.flatMap((key) => difference(key, expected.get(key), actual.get(key)));
}

/** Of a partition, only its parent's policies and row-level security are compared. */
function withPartitions(manifest: readonly SchemaObject[], { partitions }: LiveSchema): SchemaObject[] {
  const inherited = [...partitions].flatMap(([partition, parent]) =>
    manifest
      .filter(({ table, kind }) => table === parent && kind === 'policy')
      .map((policy) => ({
        ...policy,
        name: policy.name.replace(parent, partition),
        table: partition,
      })),
  );
  const tables = [...partitions.keys()].map((name): SchemaObject => ({
    kind: 'table',
    name,
    table: name,
    definition: 'row level security, forced',
  }));
  return [...manifest, ...inherited, ...tables];
}

function difference(object: string, expected: SchemaObject | undefined, actual: SchemaObject | undefined): Drift[] {
  if (!expected) return actual ? [{ object, kind: 'extra', actual: actual.definition, safe: false, fatal: false }] : [];
  if (actual && sameText(expected.definition, actual.definition)) return [];
  const fix = fixOf(expected, actual);
  return [
    {
      object,
      kind: actual ? 'different' : 'missing',
      expected: expected.definition,
      ...(actual ? { actual: actual.definition } : {}),
      ...(fix === undefined ? {} : { fix }),
      safe: fix !== undefined,
      fatal: !actual && ['table', 'column'].includes(expected.kind),
    },
  ];
}

const sameText = (a: string, b: string): boolean => a.replace(/\s+/g, ' ').trim() === b.replace(/\s+/g, ' ').trim();
