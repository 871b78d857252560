import type { Session } from '../sessions/session';
import { missingGrants, readLogin, warningsOf } from './login';
import { rowsOf } from './rows-of';
import { guardedTables, missingGuards } from './tables';

/** Before the migrations. Throws, with the statements that an administrator must run, when the role cannot be used. */
export async function mustHaveRole(session: Session): Promise<void> {
  const statements = missingGrants(await readLogin(session));
  if (statements.length > 0) throw new Error(refusal(statements));
}

const refusal = (statements: readonly string[]): string =>
  'ZeroDB does not start: its database login cannot act as the role zerodb_app, which keeps projects apart.\n' +
  `Let an administrator of this Postgres run:\n\n  ${statements.join('\n  ')}\n\nThen start ZeroDB again.`;

/**
 * After the migrations: adds the missing guards to every table and partition with rows of projects. One at a time when
 * other replicas may be serving: one transaction for ten thousand collections would need more locks than a server has.
 */
export async function guardTables(session: Session, isNew: boolean): Promise<void> {
  await grantWhatIsMissing(session);
  const wanted: string[] = [];
  for (const table of await guardedTables(session)) {
    if (table.others.length > 0) throw new Error(tooOpen(table.name, table.others));
    const statements = missingGuards(table);
    if (statements.length > 0) wanted.push(statements.join(';'));
  }
  // Statements that are sent together run in one transaction.
  for (const statements of isNew && wanted.length > 0 ? [wanted.join(';')] : wanted) await rowsOf(session, statements);
}

/** For a database that was migrated or restored before the role existed, without its grants. */
async function grantWhatIsMissing(session: Session): Promise<void> {
  const [found] = await rowsOf<{ granted: boolean }>(
    session,
    `SELECT has_table_privilege('zerodb_app', 'zerodb_keys', 'SELECT') AS granted`,
  );
  if (found?.granted === true) return;
  for (const { name } of await guardedTables(session)) {
    await rowsOf(session, `GRANT SELECT, INSERT, UPDATE, DELETE ON ${name} TO zerodb_app`);
  }
  await rowsOf(session, 'GRANT SELECT ON zerodb_followers TO zerodb_app');
  await rowsOf(session, `GRANT USAGE ON ALL SEQUENCES IN SCHEMA ${await schemaOf(session)} TO zerodb_app`);
}

async function schemaOf(session: Session): Promise<string> {
  const [row] = await rowsOf<{ name: string }>(session, 'SELECT quote_ident(current_schema()::text) AS name');
  return row?.name ?? 'public';
}

const tooOpen = (table: string, policies: readonly string[]): string =>
  `ZeroDB does not start: the table ${table} has policies that are not ZeroDB's and could show projects each other's rows. ` +
  `Run: ${policies.map((policy) => `DROP POLICY "${policy.replaceAll('"', '""')}" ON ${table};`).join(' ')}`;

export const loginWarnings = async (session: Session): Promise<string[]> => warningsOf(await readLogin(session));
