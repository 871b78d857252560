import { talk } from '../../bench/memory/talk';
import { seededRandom } from '../../src/common/seeded-random';
import { BM25_DEFAULTS, FIXED_POINT, FREQUENT_WORDS } from '../../src/keyword/bm25';
import { keywordQuery } from '../../src/keyword/query';
import { addBody, searchBody } from '../../src/memory/dto/memory.schemas';
import { MemoryCandidates } from '../../src/memory/search/memory-candidates';
import { MemoryKeywords } from '../../src/memory/search/memory-keywords';
import { selectionOf } from '../../src/memory/search/memory-search.service';
import { openMemory, type OpenMemory } from '../support/memory';
import { describeWith, services } from '../support/services';

const USER = { user_id: 'ann' };
const QUESTIONS = 25;
const FOUND = 200;

interface Row {
  readonly id: string;
  readonly seq: number;
  readonly kind: string;
  readonly session_id: string;
  readonly terms: number[];
  readonly frequencies: number[];
  readonly length: number;
}

/** What the statements of a search find, against the same worked out from the rows one by one. */
const suite = (engine: 'embedded' | 'server') => () => {
  const { turns, questions } = talk(seededRandom(3));
  let memory: OpenMemory;
  let rows: Row[];

  beforeAll(async () => {
    memory = await openMemory(engine);
    const sessions = [...new Set(turns.map(({ date }) => date))];
    for (const [index, date] of sessions.entries()) {
      const messages = turns
        .filter((turn) => turn.date === date)
        .map(({ text }) => ({ role: 'user', name: text.split(': ')[0], content: text.split(': ')[1], at: date }));
      await memory.memories.add(memory.scope, addBody.parse({ ...USER, session_id: `s${index}`, messages }));
    }
    rows = (
      await memory.database.query<Row>(
        memory.scope,
        'select id, seq, kind, session_id, terms, frequencies, length from zerodb_memory_records',
      )
    ).rows;
  });
  afterAll(async () => await memory.drop());

  const selection = selectionOf(searchBody.parse({ ...USER, query: 'x' }));
  const asked = questions.slice(0, QUESTIONS).map(({ text }) => text);

  const embedHalf = async (): Promise<void> => {
    for (let batch = 0; batch < rows.length / 64; batch += 1) await memory.embedder.work();
  };

  it.each([
    ['the rows', false, async (): Promise<void> => Promise.resolve()],
    ['the postings, half of them still missing', true, embedHalf],
    ['the postings', true, async (): Promise<void> => memory.settle()],
  ])('ranks words as BM25 does, from %s', async (_, isMost, prepare) => {
    await prepare();
    const keywords = new MemoryKeywords(memory.database);
    // Some thousands of memories decide on it.
    jest.spyOn(keywords as unknown as { isMostOf: () => Promise<boolean> }, 'isMostOf').mockResolvedValue(isMost);
    const size = await keywords.sizeOf(memory.scope, selection);
    expect(size.memories).toBe(rows.length);
    for (const text of asked) {
      const found = await memory.collections.use(memory.scope, '@memories', (collection) =>
        keywords.search(memory.scope, collection, selection, { text, limit: FOUND }, size),
      );
      expectRanking(found, rankedByWords(text, rows, size.meanLength));
    }
  });

  it('knows what stands beside each message that lends', async () => {
    const candidates = new MemoryCandidates(memory.database);
    const ids = rows.filter((_, index) => index % 7 === 0).map(({ id }) => id);
    const lending = ids.slice(0, 60);
    const { traits, adjacent } = await candidates.survey(memory.scope, selection, ids, lending);
    expect(sorted(adjacent)).toEqual(sorted(lending.flatMap((id) => besideOf(id, rows))));
    expect(new Set(traits.keys())).toEqual(new Set([...ids, ...adjacent.map(({ neighbour }) => neighbour)]));
  });
};

const sorted = (adjacent: readonly { id: string; neighbour: string; step: number }[]): string[] =>
  adjacent.map(({ id, neighbour, step }) => `${id} ${neighbour} ${step}`).sort();

function besideOf(id: string, rows: readonly Row[]): { id: string; neighbour: string; step: number }[] {
  const own = rows.find((row) => row.id === id);
  if (own?.kind !== 'message') return [];
  const session = rows
    .filter((row) => row.kind === 'message' && row.session_id === own.session_id)
    .sort((a, b) => a.seq - b.seq);
  const at = session.indexOf(own);
  return [-2, -1, 1, 2].flatMap((away) => {
    const neighbour = session[at + away]?.id;
    return neighbour === undefined ? [] : [{ id, neighbour, step: Math.abs(away) }];
  });
}

interface Scored {
  readonly id: string;
  readonly score: number;
}

function rankedByWords(text: string, rows: readonly Row[], meanLength: number): Scored[] {
  const { terms, frequent } = keywordQuery(text);
  const documentsWith = (term: number): number => rows.filter((row) => row.terms.includes(term)).length;
  const idfs = new Map<number, number>();
  for (const group of new Set(terms.map((one) => one.group))) {
    const own = terms.filter((one) => one.group === group && documentsWith(one.term) > 0);
    const counted = own.filter(({ isCounted }) => isCounted);
    const df = counted.length === 0 ? 1 : counted.reduce((sum, { term }) => sum + documentsWith(term), 0);
    const all = Math.min(rows.length, df);
    for (const { term, weight } of own)
      idfs.set(term, Math.max(idfs.get(term) ?? 0, weight * Math.log(1 + (rows.length - all + 0.5) / (all + 0.5))));
  }
  const frequents = new Set(frequent.map(({ term }) => term));
  const { k1, b } = BM25_DEFAULTS;
  const scored = rows.flatMap(({ id, length, terms: own, frequencies }) => {
    if (!own.some((term) => idfs.has(term))) return [];
    const parts = own.map((term, index) => {
      const idf = idfs.get(term) ?? (frequents.has(term) ? FREQUENT_WORDS.weight : 0);
      const tf = frequencies[index] ?? 0;
      return Math.round(((idf * tf * (k1 + 1)) / (tf + k1 * (1 - b + (b * length) / meanLength))) * FIXED_POINT);
    });
    return [{ id, score: parts.reduce((sum, part) => sum + part, 0) / FIXED_POINT }];
  });
  return scored.sort((x, y) => y.score - x.score || (x.id < y.id ? -1 : 1)).slice(0, FOUND);
}

/** Postgres and JavaScript may differ in the last bits of a logarithm. */
function expectRanking(found: readonly Scored[], wanted: readonly Scored[]): void {
  expect(found.map(({ id }) => id)).toEqual(wanted.map(({ id }) => id));
  for (const [index, { score }] of found.entries()) expect(score).toBeCloseTo(wanted[index]?.score ?? NaN, 9);
}

describe('rankings on the embedded engine', suite('embedded'));
describeWith(services.postgresUrl)('rankings on a Postgres server', suite('server'));
