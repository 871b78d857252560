const REMEDIES: Readonly<Record<string, string>> = {
  '55P03':
    'Tables that are to be changed are in use by other transactions, and were not free within 5 seconds. Nothing was changed. ' +
    'Start again; if it fails again, stop the processes of the former version first.',
  '40P01':
    'Other transactions used the tables of the collections at the same time, and each waited for the other (a deadlock). ' +
    'Nothing was changed. Start again; if it fails again, stop the processes of the former version first.',
  '53200':
    'Postgres has no room for a lock on the table of each collection. Nothing was changed. Set max_locks_per_transaction ' +
    'to the number of collections divided by 20, restart Postgres, and start again.',
};

/** Rethrows what altering the tables of all collections failed with; with a remedy where there is one. */
export function explainLocks(error: unknown): never {
  const remedy = REMEDIES[String((error as { code?: unknown }).code)];
  throw remedy === undefined ? error : new Error(remedy, { cause: error });
}
