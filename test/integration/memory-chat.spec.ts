import { addBody, searchBody } from '../../src/memory/dto/memory.schemas';
import { openMemory, type OpenMemory } from '../support/memory';

/** Real: the embedded database and all of memory. Fake: the embedding model. */
describe('messages in the shapes of chat APIs', () => {
  let memory: OpenMemory;
  let session = 0;

  beforeAll(async () => {
    memory = await openMemory('embedded');
  });
  afterAll(async () => await memory.drop());
  beforeEach(() => {
    session += 1;
  });

  const scope = () => ({ user_id: 'ann', session_id: `s${session}` });
  const told = async (...messages: object[]) => {
    await memory.memories.add(memory.scope, addBody.parse({ ...scope(), messages }));
    const { data } = await memory.sessions.window(memory.scope, `s${session}`, { limit: 20 });
    return data;
  };
  const refused = (...messages: object[]) => addBody.safeParse({ ...scope(), messages }).error?.issues;

  it('join the text parts and note the others', async () => {
    const image = { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } };
    const [asked, answered] = await told(
      {
        role: 'user',
        content: [{ type: 'text', text: 'Which bird is this?' }, image, { type: 'input_text', text: 'Be brief.' }],
      },
      { role: 'assistant', content: [{ type: 'output_text', text: 'A dunnock.', annotations: [] }], refusal: null },
    );
    expect(asked?.content).toBe('Which bird is this?\n[image_url]\nBe brief.');
    expect(answered?.content).toBe('A dunnock.');
  });

  it('have no content beside calls of tools, and the id of the call that they answer', async () => {
    const call = { id: 'c1', type: 'function', function: { name: 'find_bird', arguments: '{"colour":"grey"}' } };
    const [called, result, older] = await told(
      { role: 'assistant', content: null, tool_calls: [call] },
      { role: 'tool', tool_call_id: 'c1', content: [{ type: 'text', text: 'dunnock, 14 cm' }] },
      { role: 'function', name: 'find_bird', content: 'wren, 9 cm' },
    );
    expect(called).toMatchObject({ role: 'assistant', content: '[call find_bird {"colour":"grey"}]' });
    expect(result).toMatchObject({ role: 'tool', content: 'dunnock, 14 cm', metadata: { tool_call_id: 'c1' } });
    expect(older).toMatchObject({ role: 'function', name: 'find_bird', content: 'wren, 9 cm' });
  });

  it('take the parts of Anthropic messages and the role of developers', async () => {
    const [rules, used, result] = await told(
      { role: 'developer', content: 'Answer in one sentence.' },
      { role: 'assistant', content: [{ type: 'tool_use', id: 't1', name: 'clock', input: { zone: 'UTC' } }] },
      {
        role: 'user',
        content: [{ type: 'tool_result', tool_use_id: 't1', content: [{ type: 'text', text: 'noon' }] }],
      },
    );
    expect(rules).toMatchObject({ role: 'developer', content: 'Answer in one sentence.' });
    expect(used?.content).toBe('[call clock {"zone":"UTC"}]');
    expect(result?.content).toBe('noon');
  });

  it('state facts of a user in text parts, never those of a tool', async () => {
    const say = (role: string) => ({ role, content: [{ type: 'text', text: 'My cat is called Mogli. It is late.' }] });
    const add = async (message: object) =>
      (await memory.memories.add(memory.scope, addBody.parse({ ...scope(), messages: [message] }))).data[0]?.facts;
    expect(await add(say('function'))).toBeUndefined();
    expect(await add(say('user'))).toHaveLength(1);
  });

  it('are refused when they say nothing, at their place', () => {
    for (const message of [{ role: 'assistant', content: null }, { role: 'user', content: [] }, { role: 'user' }]) {
      expect(refused(message)).toMatchObject([{ path: ['messages', 0, 'content'] }]);
    }
    expect(refused({ role: 'robot', content: 'x' })).toMatchObject([{ path: ['messages', 0, 'role'] }]);
    expect(refused({ role: 'user', content: [{ text: 'no type' }] })).toBeDefined();
    expect(refused({ role: 'user', content: 'x'.repeat(40_000) })).toMatchObject([
      { path: ['messages', 0, 'content'] },
    ]);
  });

  it('are recalled of a user and an agent together, or of either', async () => {
    const add = async (content: string, ids: object) =>
      await memory.memories.add(memory.scope, addBody.parse({ content, ...ids }));
    await add('Lantern of the user', { user_id: 'ulla' });
    await add('Lantern of the agent', { agent_id: 'scout' });
    await add('Lantern of both', { user_id: 'ulla', agent_id: 'scout' });
    await add('Lantern of strangers', { user_id: 'uwe', agent_id: 'other' });
    await memory.settle();
    const found = async (more: object) => {
      const body = searchBody.parse({ query: 'lantern', user_id: 'ulla', agent_id: 'scout', ...more });
      const { results } = await memory.searches.search(memory.scope, body);
      return results.map(({ content }) => content).sort();
    };
    for (const mode of ['hybrid', 'vector', 'keyword']) {
      expect(await found({ mode })).toEqual(['Lantern of both']);
      expect(await found({ mode, scope: 'all' })).toEqual(['Lantern of both']);
      expect(await found({ mode, scope: 'any' })).toEqual([
        'Lantern of both',
        'Lantern of the agent',
        'Lantern of the user',
      ]);
    }
  });
});
