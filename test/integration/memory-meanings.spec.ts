import { unavailable } from '../../src/common/errors';
import { addBody, searchBody } from '../../src/memory/dto/memory.schemas';
import { MemoryCollection } from '../../src/memory/indexing/memory-collection';
import { MemoryMeanings } from '../../src/memory/search/memory-meanings';
import { openMemory, type OpenMemory } from '../support/memory';

const DAY = (n: number): string => new Date(Date.UTC(2025, 2, n)).toISOString();
const QUESTION = 'Which bicycle does Marta Lind own?';
const NAMELESS = 'Which bicycle does someone own?';

/** What statements about one person mean is compared with the question as it would be asked of anybody. */
describe('meanings of statements', () => {
  let memory: OpenMemory;
  let user = 0;

  beforeAll(async () => {
    memory = await openMemory('embedded');
  });
  afterEach(() => jest.restoreAllMocks());
  afterAll(async () => await memory.drop());

  async function tell(contents: readonly string[]): Promise<{ user_id: string }> {
    const scope = { user_id: `meaning-${++user}` };
    const memories = contents.map((content, n) => ({ ...scope, content, valid_from: DAY(n + 1) }));
    await memory.memories.add(memory.scope, addBody.parse({ memories }));
    await memory.settle();
    return scope;
  }

  const search = async (scope: { user_id: string }, query: string) =>
    await memory.searches.search(memory.scope, searchBody.parse({ ...scope, query }));

  it('leaves the name out of the question', async () => {
    const scope = await tell(['Marta Lind owns a red bicycle.', 'Marta owns a blue bicycle.', 'Jonas owns a tandem.']);
    const embed = jest.spyOn(memory.embeddings, 'embed');
    const { results } = await search(scope, QUESTION);
    expect(embed.mock.calls.map(([, texts]) => texts)).toEqual([[QUESTION], [NAMELESS]]);
    expect(results[0]?.content).toBe('Marta owns a blue bicycle.');
  });

  it('embeds nothing more where there is one statement, or a conversation', async () => {
    const scope = await tell(['Marta Lind owns a red bicycle.', 'Jonas owns a tandem.']);
    const session = { ...scope, session_id: `s${user}` };
    const messages = ['Marta Lind, do you own a bicycle?', 'Well, Marta swears by hers.'].map((content, n) => ({
      role: 'user',
      name: 'Ann',
      content,
      at: DAY(n + 1),
    }));
    await memory.memories.add(memory.scope, addBody.parse({ ...session, messages }));
    await memory.settle();
    const embed = jest.spyOn(memory.embeddings, 'embed');
    await search(scope, QUESTION);
    expect(embed.mock.calls.map(([, texts]) => texts)).toEqual([[QUESTION]]);
  });

  it('goes by words when the model goes away in between', async () => {
    const scope = await tell(['Marta Lind owns a red bicycle.', 'Marta owns a blue bicycle.', 'Jonas owns a tandem.']);
    const embed = memory.embeddings.embed.bind(memory.embeddings);
    jest.spyOn(memory.embeddings, 'embed').mockImplementation(async (model, texts) => {
      if (texts[0] === NAMELESS) throw unavailable('embeddings');
      return await embed(model, texts);
    });
    const { results, ...answer } = await search(scope, QUESTION);
    expect(results[0]?.content).toBe('Marta owns a blue bicycle.');
    expect(answer).toMatchObject({ degraded: true, degraded_reasons: ['embeddings_unavailable'] });
  });

  describe('a question without a name', () => {
    const OWN = 'Which bicycle do I own?';
    const OWNED = ['I own a red bicycle.', 'I own a blue bicycle.', 'I own a house in Bern.'];

    it('is not embedded twice', async () => {
      const scope = await tell(OWNED);
      const embed = jest.spyOn(memory.embeddings, 'embed');
      const { results, degraded } = await search(scope, OWN);
      expect(embed.mock.calls.map(([, texts]) => texts)).toEqual([[OWN]]);
      expect([results.length, degraded]).toEqual([3, false]);
    });

    it('is as near to each as it would be when embedded again', async () => {
      const { results } = await search(await tell(OWNED), OWN);
      const meanings = new MemoryMeanings(
        new MemoryCollection(memory.collections),
        memory.search,
        memory.recordsRepository,
      );
      const of = jest.spyOn(MemoryMeanings.prototype, 'of');
      await search({ user_id: `meaning-${user}` }, OWN);
      const [, compared, found] = of.mock.calls[0] ?? [];
      if (!compared || !found) throw new Error('Nothing was compared.');
      const [known, again] = [
        await meanings.of(memory.scope, compared, found, undefined),
        await meanings.of(memory.scope, compared, { question: OWN, near: new Map() }, undefined),
      ];
      expect([...again.near.keys()].sort()).toEqual(results.map(({ id }) => id).sort());
      for (const [id, near] of again.near) expect(known.near.get(id)).toBeCloseTo(near, 5);
    });

    it('is embedded again when one of them was not found by meaning', async () => {
      const scope = await tell(OWNED);
      const all = memory.search.search.bind(memory.search);
      jest.spyOn(memory.search, 'search').mockImplementation(async (...args) => {
        const answer = await all(...args);
        return { ...answer, results: answer.results.slice(1) };
      });
      const embed = jest.spyOn(memory.embeddings, 'embed');
      await search(scope, OWN);
      expect(embed.mock.calls.map(([, texts]) => texts)).toEqual([[OWN], [OWN]]);
    });
  });
});
