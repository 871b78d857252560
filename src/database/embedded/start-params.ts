import { VECTOR_SETTINGS } from '../vector-settings';
import type { Durability } from './worker-messages';

const SETTINGS = [
  'shared_buffers=32MB',
  'plan_cache_mode=force_custom_plan',
  'timezone=UTC',
  'datestyle=ISO',
  'max_wal_size=256MB',
  ...VECTOR_SETTINGS,
  // WebAssembly looks at candidates more slowly; 64 of them keep a recall@10 of 0.97 and more on 10,000 records.
  'hnsw.ef_search=64',
];

/**
 * PGlite's own parameters, less `-F` (no fsync) where commits are to reach the disk. `wal_sync_method` must be `fsync`:
 * PGlite's `fdatasync` does nothing.
 */
export function startParams(defaults: readonly string[], durability: Durability): string[] {
  const base = defaults.filter((param) => param !== '-F');
  const sync = durability === 'disk' ? ['fsync=on', 'wal_sync_method=fsync'] : ['fsync=off'];
  return [...base, ...[...SETTINGS, ...sync].flatMap((setting) => ['-c', setting])];
}
