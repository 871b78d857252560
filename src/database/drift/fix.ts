import { escapeIdentifier } from 'pg';
import type { SchemaObject } from './schema-objects';

const lastPart = (name: string): string => escapeIdentifier(name.slice(name.indexOf('.') + 1));

/**
 * The statements that restore `expected`; `undefined` where that could lose data or needs a decision. Names and
 * definitions come from the manifest, never from input.
 */
export function fixOf(expected: SchemaObject, actual: SchemaObject | undefined): string | undefined {
  const table = escapeIdentifier(expected.table);
  const name = lastPart(expected.name);
  switch (expected.kind) {
    case 'index':
      return `${actual ? `DROP INDEX ${name};\n` : ''}${expected.definition}`;
    case 'policy':
      return `DROP POLICY IF EXISTS ${name} ON ${table};\nCREATE POLICY ${name} ON ${table} ${expected.definition}`;
    case 'function':
      return expected.definition;
    case 'constraint':
      return actual ? undefined : `ALTER TABLE ${table} ADD CONSTRAINT ${name} ${expected.definition}`;
    case 'column':
      return actual ? undefined : addColumn(table, name, expected.definition);
    case 'table':
      return actual ? enableIsolation(expected, actual) : undefined;
    case 'sequence':
      return undefined;
  }
}

/** No value can be invented for the existing rows of a missing column that is NOT NULL. */
function addColumn(table: string, name: string, definition: string): string | undefined {
  const needsValue = definition.endsWith('NOT NULL') && !definition.includes(' DEFAULT ');
  return needsValue ? undefined : `ALTER TABLE ${table} ADD COLUMN ${name} ${definition}`;
}

function enableIsolation(expected: SchemaObject, actual: SchemaObject): string | undefined {
  const isolation = /^(row level security)?(, forced)?/;
  if (actual.definition.replace(isolation, '') !== expected.definition.replace(isolation, '')) return undefined;
  const table = escapeIdentifier(expected.table);
  return `ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY`;
}
