import { createHash } from 'node:crypto';
import type { Entity } from '../../memory/browse/memory-browser';
import type { Memory } from '../../memory/memory';
import type { History } from '../../memory/memory.service';

/** The key of the metadata that stands for mem0's app. */
export const APP_KEY = 'app_id';

type Shown = Record<string, unknown>;

/** A memory as mem0 shows one. */
export const shownMemory = (memory: Memory): Shown => {
  const { [APP_KEY]: app, ...metadata } = memory.metadata;
  const { categories } = metadata;
  return {
    id: memory.id,
    memory: memory.content,
    hash: createHash('md5').update(memory.content).digest('hex'),
    user_id: memory.user_id ?? null,
    agent_id: memory.agent_id ?? null,
    app_id: app ?? null,
    run_id: memory.session_id ?? null,
    ...(memory.role === undefined ? {} : { role: memory.role }),
    metadata: Object.keys(metadata).length === 0 ? null : metadata,
    categories: Array.isArray(categories) ? categories : [],
    created_at: memory.recorded_at,
    updated_at: memory.updated_at,
    expiration_date: memory.expires_at?.slice(0, 10) ?? null,
  };
};

const EVENTS: Readonly<Record<string, string>> = { added: 'ADD', deleted: 'DELETE', withdrawn: 'DELETE' };

/** Each version against the one before it. What was deleted has no content. */
export const shownHistory = ({ id, versions }: History): Shown[] =>
  versions.map(({ change, version, content, metadata, recorded_from }, index) => ({
    id: `${id}:${version}`,
    memory_id: id,
    old_memory: versions[index - 1]?.content ?? null,
    new_memory: content,
    event: EVENTS[change] ?? 'UPDATE',
    metadata,
    created_at: versions[0]?.recorded_from,
    updated_at: recorded_from,
  }));

export const shownEntity = ({ type, id, memories, first_at, last_at }: Entity): Shown => ({
  id,
  name: id,
  type,
  total_memories: memories,
  created_at: first_at,
  updated_at: last_at,
  owner: null,
  organization: null,
  metadata: null,
});

/** A page with a number, in the platform's envelope. `next` and `previous` are paths. */
export const shownPage = (
  results: readonly Shown[],
  total: number,
  { page, pageSize, url }: { readonly page: number; readonly pageSize: number; readonly url: string },
): Shown => {
  const path = url.split('?')[0] ?? '/';
  const to = (number: number): string => `${path}?page=${number}&page_size=${pageSize}`;
  return {
    count: total,
    next: page * pageSize < total ? to(page + 1) : null,
    previous: page > 1 ? to(page - 1) : null,
    results,
  };
};
