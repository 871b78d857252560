import { addBody, searchBody, type AddBody } from '../../src/memory/dto/memory.schemas';
import { openMemory, type OpenMemory } from '../support/memory';
import { describeWith, services } from '../support/services';

const day = (n: number): string => new Date(Date.UTC(2024, 0, n)).toISOString();

/** Real: the database and all of memory. Fake: the embedding model, and the LLM where there is one. */
const suite = (engine: 'embedded' | 'server') => () => {
  let memory: OpenMemory;
  let user = 0;

  beforeAll(async () => {
    memory = await openMemory(engine);
  });
  afterAll(async () => await memory.drop());
  beforeEach(() => {
    user += 1;
  });

  const scope = () => ({ user_id: `u${user}` });
  const add = async (body: Partial<AddBody>) =>
    await memory.memories.add(memory.scope, addBody.parse({ ...scope(), ...body }));
  const addOne = async (content: string, more: Partial<AddBody> = {}) => {
    const [outcome] = (await add({ content, ...more })).data;
    if (!outcome) throw new Error('nothing was added');
    return outcome;
  };
  const found = async (query: string, more: object = {}) =>
    (await memory.searches.search(memory.scope, searchBody.parse({ ...scope(), query, ...more }))).results;
  const contents = async (query: string, more: object = {}) => (await found(query, more)).map(({ content }) => content);

  it('is found by keyword at once and by meaning once it is embedded', async () => {
    await addOne('The harbour lights are green');
    expect(await contents('harbour', { mode: 'keyword' })).toEqual(['The harbour lights are green']);
    expect(await contents('harbour', { mode: 'vector' })).toEqual([]);
    await memory.settle();
    expect(await contents('harbour', { mode: 'vector' })).toEqual(['The harbour lights are green']);
  });

  it('recognises duplicates of the same scope', async () => {
    const first = await addOne('I really like tea.');
    expect(await addOne('  i REALLY like\ttea. ')).toMatchObject({
      status: 'duplicate',
      reason: 'exact',
      id: first.id,
    });
    expect(await addOne('I like tea.')).toMatchObject({ status: 'added' });
    expect(await addOne('I really like tea.', { session_id: 's' })).toMatchObject({ status: 'added' });
  });

  it('keeps three of A, B, A', async () => {
    expect((await addOne('My favourite colour is blue')).status).toBe('added');
    expect((await addOne('My favourite colour is red')).status).toBe('superseding');
    expect((await addOne('My favourite colour is blue')).status).toBe('superseding');
    expect(await contents('favourite colour')).toEqual(['My favourite colour is blue']);
    expect(await contents('favourite colour', { include_superseded: true })).toHaveLength(3);
  });

  it('files backdated facts into the past and answers on both clocks', async () => {
    await addOne('I live in Rome', { valid_from: day(1) });
    const present = await addOne('I live in Oslo', { valid_from: day(20) });
    const { rows } = await memory.database.query<{ now: Date }>(memory.scope, 'select clock_timestamp() as now');
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await addOne('I live in Lima', { valid_from: day(10) })).toMatchObject({ status: 'added' });
    const at = async (as_of: string, more: object = {}) => await contents('where do I live', { as_of, ...more });
    expect(await at(day(5))).toEqual(['I live in Rome']);
    expect(await at(day(15))).toEqual(['I live in Lima']);
    expect(await contents('where do I live')).toEqual(['I live in Oslo']);
    expect(await at(day(15), { recorded_as_of: rows[0]?.now.toISOString() })).toEqual(['I live in Rome']);
    const history = await memory.memories.history(memory.scope, present.id ?? '');
    expect(history.timeline.map(({ content }) => content)).toEqual([
      'I live in Rome',
      'I live in Lima',
      'I live in Oslo',
    ]);
  });

  it('ends what is no longer so', async () => {
    await addOne('I work at Acme');
    expect((await addOne('I no longer work at Acme')).status).toBe('superseding');
    expect(await contents('work')).toEqual(['I no longer work at Acme']);
    await addOne('I work at Globex');
    expect((await addOne('I no longer work at Initech')).status).toBe('added');
    expect(await contents('who is my employer')).toContain('I work at Globex');
  });

  it('does not bring the predecessor of a deleted fact back; undo does', async () => {
    const old = await addOne('My car is a Fiat');
    const fresh = await addOne('My car is a Volvo');
    await memory.memories.delete(memory.scope, fresh.id ?? '');
    expect(await contents('car')).toEqual([]);
    const gone = await memory.memories.history(memory.scope, fresh.id ?? '');
    expect(gone.deleted_at).not.toBeNull();
    expect(JSON.stringify(gone)).not.toContain('Volvo');
    await memory.memories.undo(memory.scope, fresh.id ?? '');
    expect((await found('car')).map(({ id }) => id)).toEqual([old.id]);
    expect((await addOne('My car is a Volvo')).status).toBe('superseding');
  });

  it('brings back what the facts of a deleted message had superseded, when the deletion is undone', async () => {
    await addOne('My car is a Fiat');
    const { data } = await add({ messages: [{ role: 'user', content: 'My car is a Volvo. The trip was long.' }] });
    const [message] = data;
    expect(message?.facts).toMatchObject([{ status: 'superseding' }]);
    await memory.memories.delete(memory.scope, message?.id ?? '');
    expect(await contents('car')).toEqual([]);
    await memory.memories.undo(memory.scope, message?.id ?? '');
    expect(await contents('car')).toEqual(['My car is a Fiat']);
    await expect(memory.memories.undo(memory.scope, message?.id ?? '')).rejects.toMatchObject({ status: 409 });
  });

  it('takes the facts of a message back with it, the latest first', async () => {
    await addOne('My car is a Fiat');
    const content = 'My car is a Volvo. My car is a Saab.';
    const { data } = await add({ messages: [{ role: 'user', content }] });
    await memory.memories.undo(memory.scope, data[0]?.id ?? '');
    expect(await contents('car')).toEqual(['My car is a Fiat']);
    expect((await addOne('My car is a Volvo')).status).toBe('superseding');
  });

  it('undoes a correction and an addition', async () => {
    const { id } = await addOne('Remember the milk');
    await memory.memories.patch(memory.scope, id ?? '', { content: 'Remember the honey' });
    expect(await contents('milk honey')).toEqual(['Remember the honey']);
    await memory.memories.undo(memory.scope, id ?? '');
    expect(await contents('milk honey')).toEqual(['Remember the milk']);
    const other = await addOne('Buy stamps');
    await memory.memories.undo(memory.scope, other.id ?? '');
    expect(await contents('stamps')).toEqual([]);
  });

  it('takes a corrected fact to its place in time', async () => {
    await addOne('My gym is FitHub', { valid_from: day(1) });
    const second = await addOne('My gym is Pulse', { valid_from: day(10) });
    await memory.memories.patch(memory.scope, second.id ?? '', { valid_from: day(5) });
    expect(await contents('gym', { as_of: day(7) })).toEqual(['My gym is Pulse']);
    expect(await contents('gym', { as_of: day(3) })).toEqual(['My gym is FitHub']);
  });

  it('supersedes on request, never in a circle', async () => {
    const a = await addOne('Plan A');
    const b = await addOne('Plan Z instead', { supersedes: [a.id ?? ''] });
    expect(b).toMatchObject({ status: 'superseding', supersedes: [a.id] });
    expect(await contents('plan')).toEqual(['Plan Z instead']);
    const circle = memory.memories.patch(memory.scope, a.id ?? '', { supersedes: [b.id ?? ''] });
    await expect(circle).rejects.toMatchObject({ status: 422, faults: [{ path: '/supersedes/0' }] });
  });

  it('learns a conversation once, however often and from wherever it is sent again', async () => {
    const messages = [
      'Hi!',
      'I moved to Rome. The food is great.',
      'My favourite colour is blue.',
      'My favourite colour is red.',
    ].map((content) => ({ role: 'user' as const, content }));
    const count = async () =>
      (await memory.memories.list(memory.scope, { ...scope(), limit: 100, include_superseded: 'true' })).data.length;
    const first = await add({ messages });
    expect(first.data.map(({ status }) => status)).toEqual(['ignored', 'added', 'added', 'superseding']);
    expect(first.data[1]?.facts).toMatchObject([{ status: 'added', content: 'I moved to Rome.' }]);
    const before = await count();
    for (let round = 0; round < 30; round += 1) await add({ messages: messages.slice(round % 3) });
    expect(await count()).toBe(before);
    await add({ messages: [...messages, { role: 'user', content: 'My car is a Fiat.' }] });
    expect(await count()).toBe(before + 1);
  });

  it('does not learn what was recalled again', async () => {
    await addOne('My favourite dish is ramen');
    await addOne('My favourite dish is pho');
    const { text } = await memory.contexts.context(memory.scope, {
      ...scope(),
      query: 'favourite dish',
      include_superseded: true,
      max_tokens: 500,
      hops: 0,
    });
    expect((await addOne(text)).status).toBe('ignored');
    expect(
      (await add({ messages: [{ role: 'assistant', content: 'My favourite dish is ramen' }] })).data[0]?.status,
    ).toBe('ignored');
  });

  it('fills a budget and never more', async () => {
    for (let index = 0; index < 20; index += 1) await addOne(`Note ${index} about the garden and its old apple trees`);
    for (const max_tokens of [16, 60, 200]) {
      const packed = await memory.contexts.context(memory.scope, {
        ...scope(),
        query: 'garden trees',
        include_superseded: false,
        max_tokens,
        hops: 0,
      });
      expect(packed.tokens).toBeLessThanOrEqual(max_tokens);
      expect(packed.sources.map(({ valid_from }) => valid_from)).toEqual(
        packed.sources.map(({ valid_from }) => valid_from).sort(),
      );
    }
  });

  it('filters by own fields and metadata alike in both rankings', async () => {
    await addOne('Lamp in the hall', { metadata: { room: 'hall', tags: ['a', 'b'] }, valid_from: day(3) });
    await addOne('Lamp in the attic', { metadata: { room: 'attic' }, kind: 'event', valid_from: day(8) });
    await memory.settle();
    for (const mode of ['keyword', 'vector', 'hybrid']) {
      const by = async (filter: object) => await contents('lamp', { filter, mode });
      expect(await by({ room: 'hall' })).toEqual(['Lamp in the hall']);
      expect(await by({ tags: { $contains: ['a'] } })).toEqual(['Lamp in the hall']);
      expect(await by({ '@kind': 'event' })).toEqual(['Lamp in the attic']);
      expect(await by({ '@valid_from': { $gt: day(5) } })).toEqual(['Lamp in the attic']);
      expect(await by({ '@valid_from': day(3) })).toEqual(['Lamp in the hall']);
      expect(await by({ $not: { room: { $exists: true } } })).toEqual([]);
    }
  });

  it('explains a score that adds up', async () => {
    await addOne('The kettle is on the stove', { importance: 1 });
    const [hit] = await found('kettle', { explain: true });
    const { relevance, recency, importance } = hit?.explain ?? {
      relevance: 0,
      recency: { factor: 0 },
      importance: { factor: 0 },
    };
    expect(hit?.score).toBeCloseTo(relevance * recency.factor * importance.factor, 12);
  });

  it('walks from a name to what hangs together with it', async () => {
    await addOne("Anna's sister is Clara");
    await addOne('Clara plays the cello');
    await addOne('Boris repairs bicycles');
    const names = await contents('anna', { hops: 2 });
    expect(names).toContain('Clara plays the cello');
    expect(names).not.toContain('Boris repairs bicycles');
  });

  it('searches by words while the model is away, and catches up', async () => {
    memory.embeddings.isUnavailable = true;
    try {
      expect((await addOne('The anchor is rusty')).status).toBe('added');
      await memory.embedder.work();
      const answer = await memory.searches.search(memory.scope, searchBody.parse({ ...scope(), query: 'anchor' }));
      expect(answer).toMatchObject({ degraded: true, degraded_reasons: ['embeddings_unavailable'] });
      expect(answer.results).toHaveLength(1);
    } finally {
      memory.embeddings.isUnavailable = false;
    }
    await memory.database.system.query('update zerodb_memory_records set run_after = now() where not embedded');
    await memory.settle();
    expect(await contents('anchor', { mode: 'vector' })).toEqual(['The anchor is rusty']);
  });

  it('keeps a session in order, with a window and neighbours', async () => {
    const say = (content: string, name: string) => ({ role: 'user' as const, content, name });
    const session = `s${user}`;
    await memory.sessions.append(memory.scope, session, {
      ...scope(),
      messages: [say('What are you reading?', 'Ann'), say('A history of salt', 'Bob')],
    });
    await memory.sessions.append(memory.scope, session, { ...scope(), messages: [say('ok', 'Ann')] });
    await memory.sessions.append(memory.scope, session, { ...scope(), messages: [say('ok', 'Ann')] });
    const latest = await memory.sessions.window(memory.scope, session, { limit: 3 });
    expect(latest.data.map(({ content }) => content)).toEqual(['A history of salt', 'ok', 'ok']);
    const older = await memory.sessions.window(memory.scope, session, { limit: 3, before: latest.next_cursor ?? '' });
    expect(older.data.map(({ content }) => content)).toEqual(['What are you reading?']);
    const [hit] = await found('salt', { neighbours: 1 });
    expect(hit?.neighbours?.map(({ content }) => content)).toEqual(['What are you reading?', 'ok']);
  });

  it('forgets a deleted message in the vector of the next one, too', async () => {
    const session_id = `s${user}`;
    const messages = ['Which pearl necklace was stolen?', 'The one from the safe'].map((content) => ({
      role: 'user' as const,
      content,
    }));
    const { data } = await add({ session_id, messages });
    await memory.settle();
    const vectorOfNext = async () => {
      const sql = 'select embedding::text as vector from zerodb_vectors where id = $1';
      return (await memory.database.query<{ vector: string }>(memory.scope, sql, [data[1]?.id])).rows[0]?.vector;
    };
    const before = await vectorOfNext();
    await memory.memories.delete(memory.scope, data[0]?.id ?? '');
    await memory.settle();
    expect(await vectorOfNext()).not.toBe(before);
  });

  it('never shows another user, another project, or what has expired', async () => {
    await addOne('The vault code is 1234');
    const other = await memory.project(`p${engine}${user}`);
    expect((await memory.searches.search(other, searchBody.parse({ ...scope(), query: 'vault' }))).results).toEqual([]);
    expect(await contents('vault', { user_id: 'nobody' })).toEqual([]);
    const brief = await addOne('A brief note', { expires_at: new Date(Date.now() + 150).toISOString() });
    await new Promise((resolve) => setTimeout(resolve, 250));
    expect(await contents('brief note')).toEqual([]);
    await expect(memory.memories.get(memory.scope, brief.id ?? '')).rejects.toMatchObject({ status: 404 });
    await memory.expiry.work();
    await expect(memory.memories.history(memory.scope, brief.id ?? '')).rejects.toMatchObject({ status: 404 });
    await expect(memory.memories.get(other, (await addOne('Mine')).id ?? '')).rejects.toMatchObject({ status: 404 });
  });

  it('adds nothing of a batch of which one is invalid', async () => {
    const batch = add({ memories: [{ content: 'Fine' }, { content: 'Late', valid_from: day(5), valid_to: day(4) }] });
    await expect(batch).rejects.toMatchObject({ status: 422, faults: [{ path: '/memories/1/valid_to' }] });
    expect(await contents('fine late')).toEqual([]);
  });

  it('stores one of several equal adds at once', async () => {
    const outcomes = await Promise.all(Array.from({ length: 8 }, () => addOne('Only once')));
    expect(outcomes.filter(({ status }) => status === 'added')).toHaveLength(1);
    expect(new Set(outcomes.map(({ id }) => id)).size).toBe(1);
  });

  it('erases a person everywhere and says so only then', async () => {
    const name = `u${user}`;
    await memory.collections.put(memory.scope, `docs${user}`, {});
    await memory.records.upsert(memory.scope, `docs${user}`, [
      { id: 'a', text: 'theirs', metadata: { user_id: name } },
      { id: 'b', text: 'not theirs' },
    ]);
    await addOne('My secret is xyzzy');
    await memory.settle();
    let isReady = false;
    const late = {
      name: `late-${user}`,
      erase: () => Promise.resolve({ state: isReady ? ('erased' as const) : ('pending' as const), detail: {} }),
    };
    memory.participants.register(late);
    const operation = await memory.erasures.erase(memory.scope, name);
    await memory.erasures.work();
    const pending = await memory.operations.get(memory.scope, operation.id);
    expect(pending).toMatchObject({
      state: 'running',
      progress: { receipt: { complete: false, pending: [late.name] } },
    });
    isReady = true;
    await memory.database.system.query('update zerodb_erasures set run_after = now()');
    await memory.erasures.work();
    const done = await memory.operations.get(memory.scope, operation.id);
    expect(done).toMatchObject({
      state: 'succeeded',
      result: { complete: true, pending: [], services: { postgres: { detail: { memories: 1, records: 1 } } } },
    });
    expect(await contents('secret')).toEqual([]);
    expect(await memory.records.count(memory.scope, `docs${user}`, {})).toBe(1);
    const { rows } = await memory.database.system.query('select from zerodb_memory_versions where content like $1', [
      '%xyzzy%',
    ]);
    expect(rows).toEqual([]);
  });
};

describe('memory on the embedded engine', suite('embedded'));
describeWith(services.postgresUrl)('memory on a Postgres server', suite('server'));
