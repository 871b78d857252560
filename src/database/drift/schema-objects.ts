/** One object of the schema, in a form that compares by text on every supported Postgres. */
export interface SchemaObject {
  readonly kind: 'table' | 'column' | 'constraint' | 'index' | 'policy' | 'function' | 'sequence';
  /** `table.column`, `table.constraint`, `table.policy`, or the name itself. */
  readonly name: string;
  /** The table it belongs to; its own name for a table, empty for functions and sequences. */
  readonly table: string;
  /** The tail of the statement that creates it. */
  readonly definition: string;
}

/**
 * Our objects: `zerodb_…` in the current schema. Of a collection's partitions only what isolates the projects counts:
 * their data indexes change at run time. `zerodb_migrations` is TypeORM's.
 */
export const SCHEMA_OBJECTS_SQL = `
WITH ours AS (
  -- As text: the type of the catalogue cuts what is longer than 63 bytes, as the arguments of functions are.
  SELECT c.oid, c.relname::text AS name, c.relispartition OR c.relname ~ '^zerodb_(vectors|postings)_[0-9]+$' AS is_partition, c.relrowsecurity AS has_rls,
    c.relforcerowsecurity AS is_forced, c.relowner AS owner,
    CASE WHEN c.relkind = 'p' THEN ' ' || pg_get_partkeydef(c.oid) ELSE '' END AS partitioned
  FROM pg_class c
  WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p')
    AND c.relname LIKE 'zerodb\\_%' AND c.relname <> 'zerodb_migrations'
), whole AS (SELECT * FROM ours WHERE NOT is_partition)
SELECT 'table' AS kind, name, name AS "table",
  CASE WHEN has_rls THEN 'row level security' ELSE '' END || CASE WHEN is_forced THEN ', forced' ELSE '' END
  || partitioned AS definition
FROM ours
UNION ALL
SELECT 'column', t.name || '.' || a.attname, t.name,
  format_type(a.atttypid, a.atttypmod)
  || CASE WHEN a.attcollation <> y.typcollation THEN ' COLLATE ' || quote_ident(l.collname) ELSE '' END
  || CASE WHEN a.attidentity <> '' THEN ' GENERATED ALWAYS AS IDENTITY' ELSE '' END
  || COALESCE(' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid), '')
  || CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END
FROM whole t
JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_type y ON y.oid = a.atttypid
LEFT JOIN pg_collation l ON l.oid = a.attcollation
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
UNION ALL
SELECT 'constraint', t.name || '.' || c.conname, t.name, pg_get_constraintdef(c.oid)
FROM whole t JOIN pg_constraint c ON c.conrelid = t.oid AND c.contype IN ('p', 'u', 'c', 'f', 'x')
UNION ALL
SELECT 'index', i.relname, t.name, pg_get_indexdef(x.indexrelid)
FROM whole t JOIN pg_index x ON x.indrelid = t.oid JOIN pg_class i ON i.oid = x.indexrelid
WHERE NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = x.indexrelid AND c.conrelid = t.oid)
UNION ALL
SELECT 'policy', t.name || '.' || p.polname, t.name,
  CASE WHEN p.polpermissive THEN '' ELSE 'AS RESTRICTIVE ' END
  || 'FOR ' || CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE' ELSE 'ALL' END
  || CASE WHEN p.polroles = '{0}' THEN '' ELSE ' TO ' || (
    -- The owner's name is the installation's own; a repair is made by the owner.
    SELECT string_agg(CASE WHEN r = t.owner THEN 'CURRENT_USER' ELSE r::regrole::text END, ', ' ORDER BY r::regrole::text)
    FROM unnest(p.polroles) r) END
  || COALESCE(' USING (' || pg_get_expr(p.polqual, p.polrelid) || ')', '')
  || COALESCE(' WITH CHECK (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')', '')
-- That of the role for SQL is made at each start, where the login may.
FROM ours t JOIN pg_policy p ON p.polrelid = t.oid AND p.polname <> 'zerodb_sql'
UNION ALL
SELECT 'function', f.proname || '(' || pg_get_function_identity_arguments(f.oid) || ')', '',
  -- The path is the installation's own; a repair takes it from the session, as the migration did.
  regexp_replace(replace(pg_get_functiondef(f.oid), ' LEAKPROOF', ''), 'SET search_path TO [^\n]*', 'SET search_path FROM CURRENT')
FROM pg_proc f
WHERE f.pronamespace = current_schema()::regnamespace AND f.proname LIKE 'zerodb\\_%' AND f.prokind = 'f'
UNION ALL
SELECT 'sequence', s.relname, '', format_type(q.seqtypid, NULL)
FROM pg_class s JOIN pg_sequence q ON q.seqrelid = s.oid
WHERE s.relnamespace = current_schema()::regnamespace AND s.relname LIKE 'zerodb\\_%'
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = s.oid AND d.deptype IN ('a', 'i'))
  AND s.relname NOT LIKE 'zerodb\\_migrations%'
ORDER BY 1, 2`;
