import { addBody, searchBody, type AddBody } from '../../src/memory/dto/memory.schemas';
import { openMemory, type OpenMemory } from '../support/memory';
import { describeWith, services } from '../support/services';

const day = (n: number): string => new Date(Date.UTC(2024, 0, n)).toISOString();

/** Real: the database and all of memory. Fake: the embedding model. */
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
  const add = async (body: object) =>
    (await memory.memories.add(memory.scope, addBody.parse({ ...scope(), ...body }))).data;
  const one = async (content: string, more: Partial<AddBody> = {}) => (await add({ content, ...more }))[0];
  const status = async (content: string, more: Partial<AddBody> = {}) => (await one(content, more))?.status;
  const recall = async (query: string, more: object = {}) =>
    (await memory.searches.search(memory.scope, searchBody.parse({ ...scope(), query, ...more }))).results;

  it.each([
    ['It costs $100', 'It costs €100'],
    ['The room has 5 degrees', 'The room has -5 degrees'],
    ['Use a == b', 'Use a != b'],
    ['Set API_KEY', 'Set api_key'],
    ['It goes A → B', 'It goes A ← B'],
    ['Feedback: 👍', 'Feedback: 👎'],
    ['I like tea.', 'I really like tea'],
  ])('stores %j and %j', async (a, b) => {
    expect(await status(a)).toBe('added');
    expect(await status(b)).toMatch(/added|superseding/);
    expect(await status(b)).toBe('duplicate');
  });

  it('takes another time, kind, id or other metadata for another memory', async () => {
    const event = { kind: 'event' as const, valid_from: day(3) };
    expect(await status('Dentist', event)).toBe('added');
    expect(await status('Dentist', event)).toBe('duplicate');
    expect(await status('Dentist', { ...event, valid_from: day(4) })).toBe('added');
    expect(await status('Dentist', { ...event, valid_to: day(9) })).toBe('added');
    expect(await status('Dentist', { ...event, kind: 'fact' })).toBe('added');
    expect(await status('Dentist', { ...event, metadata: { with: 'Ann' } })).toBe('added');
    expect(await status('Dentist', { ...event, metadata: { with: 'Ann' } })).toBe('duplicate');
    expect(await status('Dentist', { ...event, id: `d${user}` })).toBe('added');
    expect(await status('Dentist', { ...event, id: `d${user}` })).toBe('duplicate');
    await expect(status('Dentist', { ...event, id: `d${user}`, metadata: { a: 1 } })).rejects.toMatchObject({
      status: 409,
    });
  });

  it('takes other claims of the caller for other memories, and what lives longer', async () => {
    const claim = { subject: 'car', attribute: 'colour' };
    expect(await status('See the note', { ...claim, value: 'red' })).toBe('added');
    expect(await status('See the note', { ...claim, value: 'blue' })).toBe('superseding');
    const soon = new Date(Date.now() + 60_000).toISOString();
    expect(await status('Badge 12', { expires_at: soon })).toBe('added');
    expect(await status('Badge 12', { expires_at: soon })).toBe('duplicate');
    expect(await status('Badge 12')).toBe('added');
  });

  it('keeps three of A, B, A, in one batch and after a recall too', async () => {
    const [a, b] = ['My favourite tea is green', 'My favourite tea is black'];
    const batch = await add({ memories: [a, b, a].map((content) => ({ content })) });
    expect(batch.map((each) => each.status)).toEqual(['added', 'superseding', 'superseding']);
    await recall('favourite tea', { include_superseded: true });
    expect(await status(b)).toBe('superseding');
  });

  it('keeps a duplicate on request', async () => {
    const first = await one('The gate code changes weekly');
    expect(await status('The gate code changes weekly', { on_duplicate: 'skip' })).toBe('duplicate');
    const kept = await one('The gate code changes weekly', { on_duplicate: 'keep' });
    expect(kept?.status).toBe('added');
    expect(kept?.id).not.toBe(first?.id);
    const messages = [
      { role: 'user', content: 'Which gate is it?' },
      { role: 'assistant', content: 'Gate seven' },
    ];
    await add({ messages });
    expect((await add({ messages })).map((each) => each.status)).toEqual(['duplicate', 'duplicate']);
    const again = await add({ messages, on_duplicate: 'keep' });
    expect(again.map((each) => each.status)).toEqual(['added', 'added']);
  });

  it('keeps messages that differ in a sign, in the case of code, or in their metadata', async () => {
    const say = async (content: string, more: object = {}) =>
      (
        await add({
          messages: [
            { role: 'user', content },
            { role: 'assistant', content: 'Fine' },
          ],
          ...more,
        })
      )[0]?.status;
    expect(await say('Export DATA_DIR first')).toBe('added');
    expect(await say('Export data_dir first')).toBe('added');
    expect(await say('Export DATA_DIR first')).toBe('duplicate');
    expect(await say('Export DATA_DIR first', { metadata: { run: 2 } })).toBe('added');
  });

  it('stores again what was deleted, however it was recalled before', async () => {
    const added = await one('The spare key is under the fern');
    await recall('spare key');
    await memory.memories.delete(memory.scope, added?.id ?? '');
    expect(await status('The spare key is under the fern')).toBe('added');
    expect(await recall('spare key')).toHaveLength(1);
  });

  it('stores again a deleted message of an assistant, and a line of a context', async () => {
    const said = await add({ messages: [{ role: 'assistant', content: 'The depot opens at nine' }] });
    const line = await one('The depot is in Leith');
    await recall('depot');
    await memory.memories.delete(memory.scope, said[0]?.id ?? '');
    await memory.memories.delete(memory.scope, line?.id ?? '');
    expect((await add({ messages: [{ role: 'assistant', content: 'The depot opens at nine' }] }))[0]?.status).toBe(
      'added',
    );
    expect(await status('- [2024-01-01] The depot is in Leith')).toBe('added');
  });

  it('gives the id of a deleted memory again, and goes on with its history', async () => {
    const id = `gone-${user}`;
    await one('My bicycle is a Brompton', { id });
    await memory.memories.delete(memory.scope, id);
    expect(await status('My bicycle is a Moulton', { id })).toMatch(/added|superseding/);
    expect((await recall('bicycle')).map(({ content }) => content)).toEqual(['My bicycle is a Moulton']);
    await memory.settle();
    expect(await memory.memories.get(memory.scope, id)).toMatchObject({ content: 'My bicycle is a Moulton' });
    const { versions, deleted_at } = await memory.memories.history(memory.scope, id);
    expect(deleted_at).toBeNull();
    expect(versions.map(({ change, recorded_to }) => [change, recorded_to === null])).toEqual([
      ['added', false],
      ['deleted', false],
      ['added', true],
    ]);
  });

  it('compares no time that was read out of the words', async () => {
    const content = 'Yesterday I moved to Rome.';
    expect(await status(content)).toBe('added');
    expect(await status(content)).toBe('duplicate');
    expect(await status('I live in Oslo.')).toBe('superseding');
    expect(await status(content)).toBe('superseding');
    expect(await status(content)).toBe('duplicate');
    const past = 'In 2019 I moved to Cork.';
    expect(await status(past)).toBe('added');
    expect(await status(past)).toBe('duplicate');
  });

  it('takes an id and a content sent again for a duplicate, whenever it is', async () => {
    const named = { id: `again-${user}` };
    const content = 'Yesterday I moved to Rome.';
    expect(await status(content, named)).toBe('added');
    // As if it had been sent the day before.
    await memory.database.query(
      memory.scope,
      `update zerodb_memory_records set valid_from = valid_from - interval '1 day' where id = $1`,
      [named.id],
    );
    expect(await status(content, named)).toBe('duplicate');
    expect(await status(content)).toBe('duplicate');
    await expect(status('Yesterday I moved to Oslo.', named)).rejects.toMatchObject({ status: 409 });
  });

  it('refuses a later end of an id that is there, and does not lose it', async () => {
    const until = (minutes: number): string => new Date(Date.now() + minutes * 60_000).toISOString();
    const named = { id: `until-${user}`, expires_at: until(5) };
    expect(await status('Badge 12', named)).toBe('added');
    expect(await status('Badge 12', named)).toBe('duplicate');
    await expect(status('Badge 12', { ...named, expires_at: until(9) })).rejects.toMatchObject({ status: 409 });
    await expect(status('Badge 12', { id: named.id })).rejects.toMatchObject({ status: 409 });
  });

  it('stores packed text that was recalled where something else is said of it', async () => {
    const packed = '- The depot is in Leith';
    await one('The depot is in Leith');
    await recall('depot');
    expect(await status(packed)).toBe('ignored');
    expect(await status(packed, { metadata: { from: 'a list' } })).toBe('added');
    expect(await status(packed, { valid_from: day(2) })).toBe('added');
    expect(await status(packed, { subject: 'depot', attribute: 'city', value: 'Leith' })).toMatch(/added|superseding/);
    expect(await status(packed, { id: `packed-${user}` })).toBe('added');
  });

  it('compares with the latest of one content', async () => {
    const memories = Array.from({ length: 1_001 }, (_, n) => ({ content: 'Took my pill', valid_from: day(n + 1) }));
    const added = [
      await add({ memories: memories.slice(0, 1_000) }),
      await add({ memories: memories.slice(1_000) }),
    ].flat();
    expect(new Set(added.map((each) => each.status))).toEqual(new Set(['added']));
    expect(await status('Took my pill', { valid_from: day(1_001) })).toBe('duplicate');
    expect(await status('Took my pill', { valid_from: day(2) })).toBe('duplicate');
    expect(await status('Took my pill', { valid_from: day(2_000) })).toBe('added');
  });

  it('still ignores what was recalled and sent back', async () => {
    await one('The parrot is called Kiwi', { session_id: 's' });
    await recall('parrot');
    expect(await one('The parrot is called Kiwi')).toMatchObject({ status: 'ignored', reason: 'recalled' });
    expect(await status('The parrot is called Kiwi', { valid_from: day(2) })).toBe('added');
  });
};

describe('duplicates of memories on the embedded engine', suite('embedded'));
describeWith(services.postgresUrl)('duplicates of memories on a Postgres server', suite('server'));
