import { newId } from '../common/ids';
import type { Database } from '../database/database.port';
import { loadKeys } from './audit-keys';
import { INSTALLATION, macOf, type AuditEntry, type AuditOutcome } from './entry';
import { INSERT_ONE, paramsOf } from './log/audit.repository';

/**
 * Runs what an operator does on the database itself, and leaves an entry of it in the log of the installation. Rejects when the
 * entry cannot be written. A database of a version without the log gets none.
 */
export async function operatorAct<T>(
  database: Database,
  action: string,
  namesOf: (result: T) => AuditEntry['resource'],
  work: () => Promise<T>,
): Promise<T> {
  let result: T;
  try {
    result = await work();
  } catch (error) {
    await record(database, action, {}, 'failed').catch(() => undefined);
    throw error;
  }
  await record(database, action, namesOf(result), 'ok');
  return result;
}

const record = async (
  { system }: Database,
  action: string,
  resource: AuditEntry['resource'],
  outcome: AuditOutcome,
): Promise<void> => {
  const known = await system.query<{ table: string | null }>(
    `select to_regclass('zerodb_audit_pending')::text as table`,
  );
  if (known.rows[0]?.table === null) return;
  const { macKey } = await loadKeys({
    find: async (name) => {
      const { rows } = await system.query<{ value: never }>(`select value from zerodb_settings where name = $1`, [
        name,
      ]);
      return rows[0]?.value;
    },
    insert: async (name, value) =>
      await system.query(`insert into zerodb_settings (name, value) values ($1, $2::jsonb) on conflict do nothing`, [
        name,
        JSON.stringify(value),
      ]),
  });
  const entry = entryOf(action, resource, outcome);
  const { projectId } = INSTALLATION;
  await system.query(INSERT_ONE, paramsOf({ projectId, entry, mac: macOf(macKey, projectId, entry) }));
};

const entryOf = (action: string, resource: AuditEntry['resource'], outcome: AuditOutcome): AuditEntry => ({
  id: newId(),
  at: new Date().toISOString(),
  actor: 'operator',
  role: null,
  action,
  class: 'admin',
  resource,
  outcome,
  status: null,
  code: null,
  address: null,
  request_id: null,
  count: 1,
});
