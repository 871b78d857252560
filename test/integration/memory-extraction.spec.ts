import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { OpenAiChatModel } from '../../src/memory/adapters/openai/openai.chat-model';
import { addBody, searchBody } from '../../src/memory/dto/memory.schemas';
import { openMemory, type OpenMemory } from '../support/memory';

/** Real: HTTP, the database, all of memory. Fake: the endpoint, which answers what a test tells it to. */
describe('extraction by an LLM', () => {
  let server: Server;
  let memory: OpenMemory;
  /** A completion, a status without one, or no answer at all. */
  let answers: (string | number | null)[] = [];
  let calls = 0;
  const scope = { user_id: 'ann', session_id: 's' };

  beforeAll(async () => {
    server = createServer((request, response) => {
      request.resume();
      calls += 1;
      const answer = answers.length > 0 ? (answers.shift() ?? null) : 500;
      if (answer === null) return;
      response.statusCode = typeof answer === 'number' ? answer : 200;
      response.end(typeof answer === 'number' ? 'no' : JSON.stringify({ choices: [{ message: { content: answer } }] }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const chat = new OpenAiChatModel({ url: `http://127.0.0.1:${port}/v1`, model: 'fake', timeoutMs: 300 });
    memory = await openMemory('embedded', chat);
  });
  afterAll(async () => {
    server.closeAllConnections();
    server.close();
    await memory.drop();
  });

  const say = async (content: string) => {
    const body = addBody.parse({ ...scope, messages: [{ role: 'user', content }] });
    const answer = await memory.memories.add(memory.scope, body);
    await memory.settle();
    return answer.data[0]?.id ?? '';
  };
  const dueNow = async () => await memory.database.system.query('update zerodb_memory_records set run_after = now()');
  const facts = async () =>
    (await memory.memories.list(memory.scope, { user_id: 'ann', kind: 'fact', limit: 50 })).data;
  const fact = (value: string) => ({
    content: `Ann plays the ${value}.`,
    kind: 'fact',
    subject: 'user',
    attribute: 'instrument',
    value,
    message: 0,
    confidence: 0.9,
  });

  it('learns facts with their source, and a summary, after the message was acknowledged', async () => {
    answers = [`\`\`\`json\n${JSON.stringify({ facts: [fact('cello')], summary: 'Ann plays music.' })}\n\`\`\``];
    const id = await say('You should hear me on the cello, honestly');
    expect(await memory.extractor.work()).toBe(true);
    expect(await facts()).toMatchObject([
      { content: 'Ann plays the cello.', source: 'llm', derived_from: [id], confidence: 0.9 },
    ]);
    expect((await memory.sessions.window(memory.scope, 's', { limit: 5 })).summary).toBe('Ann plays music.');
    expect(await memory.extractor.work()).toBe(false);
  });

  it.each<[string, (string | number | null)[], number]>([
    ['garbage, twice', ['I am sorry', '{"facts": "none"}'], 2],
    ['an error', [503], 1],
    ['nothing at all', [null], 1],
  ])('loses nothing when the endpoint answers %s', async (_what, faults, expectedCalls) => {
    answers = [...faults];
    calls = 0;
    const value = `${_what.split(' ')[0]?.replace(/\W/g, '') ?? ''}-flute`;
    await say(`Did I mention the ${value} that I practise`);
    expect(await memory.extractor.work()).toBe(false);
    expect(calls).toBe(expectedCalls);
    const found = await memory.searches.search(memory.scope, searchBody.parse({ ...scope, query: value }));
    expect(found.results.length).toBeGreaterThan(0);
    await dueNow();
    answers = [JSON.stringify({ facts: [fact(value)] })];
    expect(await memory.extractor.work()).toBe(true);
    expect((await facts()).map(({ value: current }) => current)).toEqual([value]);
  });
});
