import { z } from 'zod';
import type { Stage } from '../stage';

const PATH = '/v1/memories';
const PAGE = 1_000;

const page = z.object({
  data: z.array(z.object({ id: z.string(), content: z.string(), embedded: z.boolean() })),
  has_more: z.boolean(),
  next_cursor: z.string().nullable(),
});

export type StoredMemory = z.output<typeof page>['data'][number];

/** Every memory of a user, page by page, as the first replica has it. */
export async function allMemories(stage: Stage, userId: string): Promise<StoredMemory[]> {
  const memories: StoredMemory[] = [];
  for (let after = ''; ;) {
    const query = `?user_id=${userId}&limit=${PAGE}${after === '' ? '' : `&after=${encodeURIComponent(after)}`}`;
    const answer = await stage.replicas[0]?.client.must({ method: 'GET', path: `${PATH}${query}` });
    const { data, next_cursor: next } = page.parse(answer?.body);
    memories.push(...data);
    if (next === null) return memories;
    after = next;
  }
}
