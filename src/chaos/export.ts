import { shownRecord, type ShownRecord } from './workloads/judge-record';
import type { LoadStage } from './stage';

const EXPORT_MS = 60_000;

/** Every record of the cell's collection, as the product exports it. */
export const exported = async (stage: Pick<LoadStage, 'collection' | 'replicas'>): Promise<ShownRecord[]> => {
  const path = `/v1/collections/${stage.collection}/export`;
  const replica = stage.replicas.find(({ isRunning }) => isRunning);
  if (!replica) throw new Error('No replica runs that could export the records.');
  const { raw } = await replica.client.must({ method: 'GET', path, patienceMs: EXPORT_MS });
  const lines = raw.split('\n').filter((line) => line !== '');
  return lines.map((line) => shownRecord.parse(JSON.parse(line)));
};
