/**
 * SQL that marks the changed records of `source` (a relation with `id` and `version`) as not yet applied, for every
 * follower. It runs in the statement that changes them. The list of followers is in the database, not in this process:
 * a replica with another configuration marks them as well.
 *
 * Leases are kept: sending the previous state must end (or be abandoned) before this one is sent. Otherwise a put that
 * is overtaken by a removal would restore the record.
 */
export const markDirty = (collection: { readonly id: number; readonly projectId: number }, source: string): string =>
  `insert into zerodb_dirty as d (follower, collection_id, project_id, id, version)
   select f.name, ${collection.id}, ${collection.projectId}, s.id, s.version
   from ${source} s cross join zerodb_followers f
   on conflict (follower, collection_id, id) do update set
     version = excluded.version, run_after = now(), attempts = 0, sent_at = null, recheck_at = null, parked = false,
     last_error = null,
     dirty_at = case when d.sent_at is null and d.recheck_at is null then d.dirty_at else clock_timestamp() end`;

/** How long sent entries are kept, for searches that queried the follower before. */
export const KEEP_SENT_MS = 2_500;
