import type { Executor } from './database.port';

/** What the nodes of graphs may stand for; `place` is the collection or the bucket, by its name. */
export type Referred =
  | { readonly kind: 'record' | 'file'; readonly place: string; readonly ids?: readonly string[] }
  | { readonly kind: 'memory'; readonly ids: readonly string[] };

/**
 * Tells the graphs of a project that something is deleted, in the transaction that deletes it: nodes that stood for it
 * keep their edges and say since when it is gone. Without `ids` everything at that place is. Call it after the deletion,
 * whose locks a node that is being written waits for, or which has waited for it. Costs a look into an index of
 * references alone, so deletions of what no graph refers to stay as fast.
 */
export async function releaseReferences(tx: Executor, projectId: number, referred: Referred): Promise<void> {
  if (referred.ids?.length === 0) return;
  const place = referred.kind === 'memory' ? '' : referred.place;
  await tx.query(
    `with stale as materialized (
       select graph_id, id from zerodb_graph_nodes
       where project_id = $1 and ref_kind = $2 and ref_place = $3${referred.ids ? ' and ref_id = any($4::text[])' : ''}
       order by graph_id, id for update)
     update zerodb_graph_nodes n set ref_kind = null, ref_place = null, ref_id = null, ref_deleted_at = now(),
       version = nextval('zerodb_version'), updated_at = now()
     from stale where n.graph_id = stale.graph_id and n.id = stale.id`,
    [projectId, referred.kind, place, ...(referred.ids ? [referred.ids] : [])],
  );
}
