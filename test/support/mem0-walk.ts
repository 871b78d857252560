import type { Answer } from './http';

export type AskMem0 = (method: string, path: string, body?: unknown) => Promise<Answer>;

interface Page {
  readonly count: number;
  readonly results: readonly { readonly id: string; readonly memory: string }[];
}

const pageIn = ({ json }: Answer): Page => json as unknown as Page;

/** What a client of mem0's platform does in its life, on any engine: each answer has the shape that the client reads. */
export const mem0Walk = async (mem0: AskMem0): Promise<void> => {
  expect((await mem0('GET', '/v1/ping/')).json).toMatchObject({ status: 'ok', org_id: expect.any(String) as string });
  const messages = [{ role: 'user', content: 'My passport number is K7741' }];
  const added = await mem0('POST', '/v3/memories/add/', { messages, user_id: 'w', run_id: 's', metadata: { a: 1 } });
  expect(added.json).toMatchObject({ status: 'SUCCEEDED', event_id: expect.any(String) as string });
  const [first] = pageIn(added).results;
  const id = first?.id ?? '';
  expect((await mem0('GET', `/v1/memories/${id}/`)).json).toMatchObject({
    id,
    memory: 'My passport number is K7741',
    user_id: 'w',
    agent_id: null,
    app_id: null,
    run_id: 's',
    metadata: { a: 1 },
    categories: [],
    created_at: expect.any(String) as string,
  });
  const filters = { AND: [{ user_id: 'w' }, { run_id: 's' }] };
  expect(pageIn(await mem0('POST', '/v3/memories/', { filters }))).toMatchObject({ count: 1, results: [{ id }] });
  const found = pageIn(await mem0('POST', '/v3/memories/search/', { query: 'passport', filters: { user_id: 'w' } }));
  expect(found.results).toMatchObject([{ id, score: expect.any(Number) as number }]);
  const changed = await mem0('PUT', `/v1/memories/${id}/`, { text: 'The passport is lost', metadata: { b: 2 } });
  expect(changed.json).toMatchObject({ id, memory: 'The passport is lost', metadata: { a: 1, b: 2 } });
  expect((await mem0('GET', `/v1/memories/${id}/history/`)).json).toMatchObject([
    { memory_id: id, event: 'ADD', old_memory: null, new_memory: 'My passport number is K7741' },
    { memory_id: id, event: 'UPDATE', old_memory: 'My passport number is K7741', new_memory: 'The passport is lost' },
  ]);
  expect(pageIn(await mem0('GET', '/v1/entities/')).results).toContainEqual(
    expect.objectContaining({ type: 'user', name: 'w', total_memories: 1 }),
  );
  const said = await mem0('POST', '/v1/feedback/', { memory_id: id, feedback: 'POSITIVE' });
  expect(said.json).toEqual({ id, feedback: 'POSITIVE', feedback_reason: null });
  const batch = { memories: [{ memory_id: id, text: 'Found again' }] };
  expect((await mem0('PUT', '/v1/batch/', batch)).json).toEqual({ message: 'Successfully updated 1 memories' });
  expect((await mem0('DELETE', '/v1/batch/', batch)).json).toEqual({ message: 'Successfully deleted 1 memories' });
  expect((await mem0('GET', `/v1/memories/${id}/`)).status).toBe(404);
  const server = await mem0('POST', '/memories', { messages, user_id: 'w', agent_id: 'b' });
  const other = pageIn(server).results[0]?.id ?? '';
  expect((await mem0('PUT', `/memories/${other}`, { text: 'Another' })).json).toMatchObject({
    message: 'Memory updated successfully!',
  });
  expect(pageIn(await mem0('GET', '/memories?agent_id=b')).results).toMatchObject([{ memory: 'Another' }]);
  expect((await mem0('GET', `/memories/${other}/history`)).json).toHaveLength(2);
  expect((await mem0('DELETE', `/memories/${other}`)).status).toBe(200);
  expect((await mem0('DELETE', '/memories?user_id=w')).json).toEqual({ message: 'All relevant memories deleted' });
};
