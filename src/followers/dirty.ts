/**
 * SQL that marks the changed records of `source` (a relation with `id` and `version`) as not yet applied, for every
 * follower there is. It runs in the statement that changes them. Whether there are followers is a fact of the database,
 * not of this process: a replica that was configured otherwise marks all the same.
 *
 * A lease stays: whoever is sending the state before this one must be done (or given up on) before this one is sent, or
 * a put that is overtaken by a removal would bring the record back.
 */
export const markDirty = (collection: { readonly id: number; readonly projectId: number }, source: string): string =>
  `insert into zerodb_dirty as d (follower, collection_id, project_id, id, version)
   select f.name, ${collection.id}, ${collection.projectId}, s.id, s.version
   from ${source} s cross join zerodb_followers f
   on conflict (follower, collection_id, id) do update set
     version = excluded.version, run_after = now(), attempts = 0, sent_at = null, recheck_at = null, parked = false,
     last_error = null,
     dirty_at = case when d.sent_at is null and d.recheck_at is null then d.dirty_at else clock_timestamp() end`;

/** What was sent is kept so long, for searches that asked the follower before. */
export const KEEP_SENT_MS = 2_500;
