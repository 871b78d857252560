/**
 * SQL that marks the changed records of `source` (a relation with `id` and `version`) as not yet applied, for every
 * follower there is. It runs in the statement that changes them. Whether there are followers is a fact of the database,
 * not of this process: a replica that was configured otherwise marks all the same.
 */
export const markDirty = (collection: { readonly id: number; readonly projectId: number }, source: string): string =>
  `insert into zerodb_dirty as d (follower, collection_id, project_id, id, version)
   select f.name, ${collection.id}, ${collection.projectId}, s.id, s.version
   from ${source} s cross join zerodb_followers f
   on conflict (follower, collection_id, id) do update set
     version = excluded.version, dirty_at = clock_timestamp(), run_after = now(), attempts = 0, lease_token = null,
     lease_until = null, sent_at = null, parked = false, last_error = null`;
