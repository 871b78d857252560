import { addBody, searchBody } from '../../src/memory/dto/memory.schemas';
import { openMemory, type OpenMemory } from '../support/memory';
import { describeWith, services } from '../support/services';

/** Real: the database and all of memory. Fake: the embedding model. */
const suite = (engine: 'embedded' | 'server') => () => {
  let memory: OpenMemory;
  let session = 0;

  beforeAll(async () => {
    memory = await openMemory(engine);
  });
  afterAll(async () => await memory.drop());
  beforeEach(() => {
    session += 1;
  });

  const scope = () => ({ user_id: `u${session}`, session_id: `s${session}` });
  const tell = async (...lines: string[]) => {
    const messages = lines.map((line) => {
      const [name = '', content = ''] = line.split(': ');
      return { role: 'user', name, content };
    });
    return (await memory.memories.add(memory.scope, addBody.parse({ ...scope(), messages }))).data;
  };
  const ask = async (query: string, more: object = {}) =>
    await memory.searches.search(memory.scope, searchBody.parse({ ...scope(), query, ...more }));

  it.each(['hybrid', 'keyword'])('finds the answer beside the question, by %s', async (mode) => {
    await tell(
      'Ann: Which instrument did the orchestra lend you?',
      'Bob: The old one with the cracked bow.',
      'Ann: Lunch was good today.',
      'Bob: An orchestra of frogs kept me awake, and some more things that have nothing to do with this.',
    );
    await memory.settle();
    const { results } = await ask('Which instrument does Bob borrow from the orchestra?', { mode });
    expect(results.slice(0, 2).map(({ content }) => content)).toContain('The old one with the cracked bow.');
  });

  it('does not find a neighbour by what was forgotten', async () => {
    const data = await tell('Ann: Where is the zither kept?', 'Bob: Behind the stove.', 'Ann: Fine weather today.');
    expect((await ask('zither', { mode: 'keyword' })).results.map(({ content }) => content)).toContain(
      'Behind the stove.',
    );
    await memory.memories.delete(memory.scope, data[0]?.id ?? '');
    await memory.settle();
    expect((await ask('zither', { mode: 'keyword' })).results).toEqual([]);
  });

  it('lets exact words win while other memories have their vectors already, and says how many wait', async () => {
    const others = Array.from({ length: 12 }, (_, index) => `Ann: The ferry timetable has changed, note ${index}`);
    await tell(...others);
    await memory.settle();
    await tell('Bob: The ferry quokka timetable');
    const before = await ask('ferry quokka timetable');
    expect(before.pending).toBe(1);
    expect(before.results[0]?.content).toBe('The ferry quokka timetable');
    await memory.settle();
    const after = await ask('ferry quokka timetable');
    expect(after.pending).toBe(0);
    expect(after.results[0]?.content).toBe('The ferry quokka timetable');
  });
};

describe('conversations on the embedded engine', suite('embedded'));
describeWith(services.postgresUrl)('conversations on a Postgres server', suite('server'));
