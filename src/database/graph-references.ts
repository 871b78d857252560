import type { Executor } from './database.port';

/** What the nodes of graphs may stand for; `place` is the collection or the bucket, by its name. */
export type Referred =
  | { readonly kind: 'record' | 'file'; readonly place: string; readonly ids?: readonly string[] }
  | { readonly kind: 'memory'; readonly ids: readonly string[] };

/** Ids that are worth another statement, which finds out that no node refers to that place. */
const MANY = 1_000;

/**
 * Tells the graphs of a project that something is deleted, in the transaction that deletes it: nodes that stood for it
 * keep their edges and say since when it is gone. Without `ids` everything at that place is. Call it after the deletion,
 * whose locks a node that is being written waits for, or which has waited for it. Costs a look into an index of
 * references alone, so deletions of what no graph refers to stay as fast.
 */
export async function releaseReferences(tx: Executor, projectId: number, referred: Referred): Promise<void> {
  if (referred.ids?.length === 0) return;
  const place = referred.kind === 'memory' ? '' : referred.place;
  if ((referred.ids?.length ?? 0) > MANY && !(await hasAny(tx, [projectId, referred.kind, place]))) return;
  const where = `where project_id = $1 and ref_kind = $2 and ref_place = $3${referred.ids ? ' and ref_id = any($4::text[])' : ''}`;
  const params = [projectId, referred.kind, place, ...(referred.ids ? [referred.ids] : [])];
  // In the order in which everybody locks nodes.
  const { rows } = await tx.query<{ count: number }>(
    `select count(*) as count from (
       select 1 from zerodb_graph_nodes ${where} order by graph_id, id for update) locked`,
    params,
  );
  if (Number(rows[0]?.count) === 0) return;
  await tx.query(
    `update zerodb_graph_nodes set ref_kind = null, ref_place = null, ref_id = null, ref_deleted_at = now(),
       version = nextval('zerodb_version'), updated_at = now() ${where}`,
    params,
  );
}

/** After the deletion, too: a node that is written meanwhile has made it wait. */
async function hasAny(tx: Executor, place: readonly unknown[]): Promise<boolean> {
  const sql = `select 1 from zerodb_graph_nodes where project_id = $1 and ref_kind = $2 and ref_place = $3 limit 1`;
  return (await tx.query(sql, place)).rows.length > 0;
}
