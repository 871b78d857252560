import type { MemoryRow } from '../memory';

const micros = (date: Date): number => date.getTime() * 1000;

/**
 * The metadata of a memory's record: what engines filter by. Moments are microseconds since 1970, which every engine
 * compares as numbers; the caller's own metadata is below `m`.
 */
export const recordMetadataOf = (row: MemoryRow): Record<string, unknown> => ({
  kind: row.kind,
  ...(row.user_id === null ? {} : { user_id: row.user_id }),
  ...(row.agent_id === null ? {} : { agent_id: row.agent_id }),
  ...(row.session_id === null ? {} : { session_id: row.session_id }),
  valid_from: micros(row.valid_from),
  ...(row.valid_to === null ? {} : { valid_to: micros(row.valid_to) }),
  ...(row.expires_at === null ? {} : { expires_at: micros(row.expires_at) }),
  recorded_at: micros(row.recorded_at),
  updated_at: micros(row.updated_at),
  m: row.metadata,
});
