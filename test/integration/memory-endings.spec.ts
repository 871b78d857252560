import { addBody, searchBody } from '../../src/memory/dto/memory.schemas';
import { openMemory, type OpenMemory } from '../support/memory';

const DAY = (n: number): string => new Date(Date.UTC(2025, 2, n)).toISOString();

/** What ends, changes or corrects something said before, whatever it is about. */
describe('endings', () => {
  let memory: OpenMemory;
  let user = 0;

  beforeAll(async () => {
    memory = await openMemory('embedded');
  });
  afterAll(async () => await memory.drop());

  const add = async (scope: Record<string, string>, contents: readonly string[]) =>
    (
      await memory.memories.add(
        memory.scope,
        addBody.parse({ memories: contents.map((content, n) => ({ ...scope, content, valid_from: DAY(n + 1) })) }),
      )
    ).data;

  const say = async (scope: Record<string, string>, contents: readonly string[]) =>
    (
      await memory.memories.add(
        memory.scope,
        addBody.parse({
          ...scope,
          messages: contents.map((content, n) => ({ role: 'user', content, at: DAY(n + 1) })),
        }),
      )
    ).data;

  const valid = async (scope: Record<string, string>): Promise<string[]> => {
    const page = await memory.memories.list(memory.scope, { ...scope, limit: 100 });
    return page.data.map(({ content }) => content);
  };

  it.each([
    ['I take vitamin D every morning.', 'I no longer take vitamin D.'],
    ['I have a car.', "I don't have a car any more."],
    ['The quarterly offsite is in Lisbon.', 'The quarterly offsite has been moved to Porto.'],
    ['Our book club meets on Mondays.', 'Our book club was moved to Wednesdays.'],
    ['I am a member of the chess club.', "I'm no longer a member of the chess club."],
    ['Bob owns a sailing boat.', 'Bob no longer owns a sailing boat.'],
    ['My flight to Oslo leaves on 3 May.', 'My flight to Oslo was cancelled.'],
    ['We are having a barbecue on Saturday.', 'The barbecue on Saturday is cancelled.'],
    ['I subscribe to the Economist.', 'I cancelled my subscription to the Economist.'],
    ['Ann is learning Welsh.', 'Ann stopped learning Welsh.'],
    ['I bike to the office.', "I don't bike to the office anymore."],
    ['The pottery workshop takes place on Friday.', 'The pottery workshop has been called off.'],
    ['My desk is on the second floor.', 'My desk was moved to the fourth floor.'],
    ['The launch is planned for June.', 'The launch has been postponed to September.'],
    ['Carla sings in a choir.', "Carla doesn't sing in a choir any longer."],
    ['I am training for a marathon.', 'I gave up training for the marathon.'],
    ['Dad wears a hearing aid.', 'Dad no longer wears a hearing aid.'],
    ['I eat meat.', "I don't eat meat."],
    ['The rehearsal is at six.', 'They moved the rehearsal from six to seven.'],
    ['Ben owns a motorbike.', 'Ben sold his motorbike.'],
    ['The server runs on port 8080.', 'The server was moved to port 9090.'],
    ['The weekly sync is at 10.', 'The weekly sync is now at 11.'],
    ['Jim is going to Japan in April.', 'Jim is not going to Japan after all.'],
    ['I have a subscription to Netflix.', 'I cancelled my Netflix subscription.'],
    ['The shop is open on Sundays.', 'The shop is no longer open on Sundays.'],
    ['Eve smokes a pipe.', 'Eve quit smoking a pipe.'],
  ])('%j is superseded by %j', async (before, after) => {
    const scope = { user_id: `pair-${(user += 1)}` };
    const data = await add(scope, [before, after]);
    expect(data[1]).toMatchObject({ status: 'superseding', supersedes: [data[0]?.id] });
    expect(await valid(scope)).toEqual([after]);
  });

  it.each([
    ['I play tennis.', 'I no longer play the piano.'],
    ['Bob owns a sailing boat.', 'I no longer own a sailing boat.'],
    ['My sister has a car.', "I don't have a car any more."],
    ['I washed the car with Tom in Italy.', "I don't have a car any more."],
    ['The rehearsal is at six.', 'The review was moved to Tuesday.'],
    ['Ann is learning Welsh.', 'Bob stopped learning Welsh.'],
    ['The team lunch is on Thursday.', 'The client lunch is cancelled.'],
    ['The report is due Monday.', 'The meeting was moved to Monday.'],
    ['I do not eat pork.', "I don't eat beef."],
    ['I like tea.', 'I am not sure about the wallpaper.'],
    ['My flight to Oslo leaves on 3 May.', 'My flight is not cancelled.'],
    ['The launch party is on Monday.', 'The launch party has not been moved to Friday.'],
    ['The barbecue is on Saturday.', "The barbecue isn't over yet."],
    ['Ann is learning Welsh.', 'Ann never stopped learning Welsh.'],
    ['Ben owns a motorbike.', 'Ben might have sold his motorbike.'],
    ['I love the bakery.', 'I stopped at the bakery.'],
    ['I love the dog.', "I don't have the dog any more."],
    ['I take the bus.', "I don't know if I take the bus."],
    ['I have a dog.', "I don't have the dog with me today."],
    ['The yoga room has a mirror.', 'The yoga room is closed.'],
    ['I drive the van to the depot.', 'The van is cancelled if it rains.'],
  ])('%j is not superseded by %j', async (before, after) => {
    const scope = { user_id: `other-${(user += 1)}` };
    const data = await add(scope, [before, after]);
    expect(data[1]?.status).toBe('added');
    expect(await valid(scope)).toEqual([after, before]);
  });

  it.each([
    ['The dentist is on Monday.', "Actually it's on Tuesday.", 'When is the dentist?'],
    ['I live in Milan.', 'No wait, I live in Rome.', 'Where do I live?'],
    ['The code for the gate is 4411.', 'Sorry, I meant 4412.', 'What is the code for the gate?'],
    ['The picnic is on Friday.', 'The picnic was moved to Tuesday.', 'When is the picnic?'],
    ['My train leaves at 9:15.', 'Scratch that, it leaves at 9:45.', 'When does my train leave?'],
    ['Our landlord is called Meyer.', 'Correction: our landlord is called Maier.', 'Who is our landlord?'],
  ])('%j is corrected by %j', async (before, after, query) => {
    const scope = { user_id: `talk-${(user += 1)}`, session_id: 's' };
    await say(
      scope,
      [before, 'Thanks for noting that down!', after].filter((_, n) => n !== 1),
    );
    await memory.settle();
    const { results } = await memory.searches.search(memory.scope, searchBody.parse({ ...scope, query }));
    expect(results[0]?.content).toBe(after);
    expect(results.map(({ content }) => content)).not.toContain(before);
  });

  it.each([
    ['I work at Acme.', "Oh, it's great."],
    ['I work at Acme.', "Actually, that's fine."],
    ['I work at Acme.', "No, it's fine."],
    ['I work at Acme.', 'Sorry for the delay.'],
    ['I work at Acme.', 'Wait a second.'],
    ['I work at Acme.', 'Sorry, that was my cat.'],
    ['The code for the gate is 4411.', 'Wait, 5 minutes.'],
    ['The code for the gate is 4411.', "Actually, it's 20 degrees outside."],
    ['The sync is on Monday.', 'Sorry for missing the sync yesterday.'],
    ['The sync is on Monday.', "Oh wait, it's Friday already!"],
    ['I love the bakery.', 'No, I love it!'],
  ])('%j is not corrected by %j', async (before, after) => {
    const scope = { user_id: `small-${(user += 1)}`, session_id: 's' };
    const data = await say(scope, [before, after]);
    expect(data.map(({ supersedes }) => supersedes)).toEqual([undefined, undefined]);
    expect(await valid(scope)).toContain(before);
  });

  it.each([
    ['I live in Milan.', 'Sorry, I meant Rome.'],
    ['The offsite is in Porto.', "No, it's in Lisbon."],
    ['Our landlord is called Meyer.', "Sorry, it's Maier."],
    ['I have two sons.', 'I mean three.'],
  ])('%j is superseded by the correction %j', async (before, after) => {
    const data = await say({ user_id: `meant-${(user += 1)}`, session_id: 's' }, [before, 'I like tea.', after]);
    expect(data[2]?.supersedes).toEqual([data[0]?.id]);
  });

  it('ends nothing that others said, and no instruction', async () => {
    const scope = { user_id: `roles-${(user += 1)}`, session_id: 's' };
    const instruction = { ...scope, kind: 'instruction', content: 'The report is due on Monday.' };
    await memory.memories.add(memory.scope, addBody.parse(instruction));
    const roles = ['assistant', 'system', 'developer'];
    const messages = roles.map((role) => ({ role, content: `The report of the ${role} is due on Monday.` }));
    await memory.memories.add(memory.scope, addBody.parse({ ...scope, messages }));
    for (const whose of ['', ' of the system', ' of the developer']) {
      const [ending] = await say(scope, [`The report${whose} was moved to Tuesday.`]);
      expect(ending?.supersedes).toBeUndefined();
    }
  });

  it('leaves one value at a time in one batch', async () => {
    const scope = { user_id: `batch-${(user += 1)}` };
    const at = (content: string, month: number) => ({
      ...scope,
      content,
      valid_from: new Date(Date.UTC(2025, month)).toISOString(),
    });
    const add = async (...memories: object[]) =>
      (await memory.memories.add(memory.scope, addBody.parse({ memories }))).data;
    const [berlin] = await add({ ...scope, content: 'I live in Berlin.', valid_from: '2024-01-01T00:00:00Z' });
    const [lisbon] = await add(at('I live in Lisbon.', 0), at('I no longer live in Berlin.', 5));
    const row = await memory.memories.get(memory.scope, berlin?.id ?? '');
    expect(row).toMatchObject({ valid_to: '2025-01-01T00:00:00.000Z', superseded_by: lisbon?.id });
  });

  it('undoes what an ending did', async () => {
    const scope = { user_id: `undo-${(user += 1)}` };
    const data = await add(scope, ['Bob owns a kayak.', 'Bob no longer owns a kayak.']);
    await memory.memories.undo(memory.scope, data[1]?.id ?? '');
    expect(await valid(scope)).toEqual(['Bob owns a kayak.']);
  });

  it('keeps what an ending ended when its time is corrected', async () => {
    const scope = { user_id: `retimed-${(user += 1)}` };
    const [kayak, ending] = await add(scope, ['Bob owns a kayak.', 'Bob no longer owns a kayak.']);
    const end = async () => {
      const { valid_to, superseded_by } = await memory.memories.get(memory.scope, kayak?.id ?? '');
      return { valid_to, superseded_by };
    };
    await memory.memories.patch(memory.scope, ending?.id ?? '', { valid_from: DAY(9) });
    expect(await end()).toEqual({ valid_to: DAY(9), superseded_by: ending?.id });
    await memory.memories.undo(memory.scope, ending?.id ?? '');
    expect(await end()).toEqual({ valid_to: DAY(2), superseded_by: ending?.id });
    // It began later than it is said to have ended.
    await memory.memories.patch(memory.scope, ending?.id ?? '', { valid_from: '2024-01-01T00:00:00.000Z' });
    expect(await end()).toEqual({ valid_to: null, superseded_by: null });
  });

  const textOf = async (id: string): Promise<{ text: string; embedded: boolean } | undefined> => {
    const sql = 'select indexed_text as text, embedded from zerodb_memory_records where id = $1';
    return (await memory.database.query<{ text: string; embedded: boolean }>(memory.scope, sql, [id])).rows[0];
  };

  it('keeps the words of what was corrected, and the vector, when something else changes', async () => {
    const scope = { user_id: `kept-${(user += 1)}`, session_id: 's' };
    const data = await say(scope, ['The dentist is on Monday.', "Actually it's on Tuesday."]);
    const id = data[1]?.id ?? '';
    await memory.settle();
    const before = await textOf(id);
    expect(before).toEqual({ text: expect.stringContaining('(dentist)') as string, embedded: true });
    await memory.memories.patch(memory.scope, id, { importance: 0.9 });
    expect(await textOf(id)).toEqual(before);
    await memory.memories.patch(memory.scope, id, { valid_from: DAY(5) });
    expect((await textOf(id))?.text).toBe("Actually it's on Tuesday. (dentist) (5 March 2025)");
    await memory.memories.patch(memory.scope, id, { content: "It's on Wednesday." });
    expect((await textOf(id))?.text).toBe("It's on Wednesday. (5 March 2025)");
  });

  it('forgets words in what corrected them, too', async () => {
    const scope = { user_id: `forgot-${(user += 1)}`, session_id: 's' };
    const data = await say(scope, ['The hernia surgery is on Monday.', "Actually it's on Tuesday."]);
    const [said, correction] = data.map(({ id }) => id ?? '');
    await memory.settle();
    expect((await textOf(correction ?? ''))?.text).toContain('hernia');
    await memory.memories.delete(memory.scope, said ?? '');
    expect((await textOf(correction ?? ''))?.text).toBe("Actually it's on Tuesday. (2 March 2025)");
    await memory.settle();
    const search = searchBody.parse({ ...scope, query: 'hernia', mode: 'keyword' });
    expect((await memory.searches.search(memory.scope, search)).results).toEqual([]);
    const left = await memory.database.query(
      memory.scope,
      `select id from zerodb_vectors where text ilike '%hernia%' union all
         select id from zerodb_memory_records where indexed_text ilike '%hernia%'`,
    );
    expect(left.rows).toEqual([]);
  });

  it('files an ending of the past into the past', async () => {
    const scope = { user_id: `late-${(user += 1)}` };
    const memories = [
      { ...scope, content: 'Bob owns a kayak.', valid_from: DAY(10) },
      { ...scope, content: 'Bob no longer owns a kayak.', valid_from: DAY(5) },
    ];
    const { data } = await memory.memories.add(memory.scope, addBody.parse({ memories }));
    expect(data[1]?.status).toBe('added');
  });

  it('ends one item of a list', async () => {
    const scope = { user_id: `list-${(user += 1)}`, session_id: 's' };
    const data = await say(scope, ['I speak French, Spanish and Danish.', 'I no longer speak Spanish.']);
    expect(data[0]?.facts?.map(({ content }) => content)).toEqual([
      'I speak French',
      'I speak Spanish',
      'I speak Danish',
    ]);
    const spanish = data[0]?.facts?.[1]?.id;
    expect(data[1]?.supersedes).toEqual([spanish]);
  });

  it('keeps the time of a statement, in the zone of the caller', async () => {
    const scope = { user_id: `zone-${(user += 1)}` };
    const body = addBody.parse({
      ...scope,
      timezone: 'Asia/Tokyo',
      messages: [
        { role: 'user', content: 'I live in Oslo.', at: '2025-01-10T12:00:00Z' },
        { role: 'user', content: 'Yesterday I moved to Rome.', at: '2025-03-12T10:00:00Z' },
      ],
    });
    const { data } = await memory.memories.add(memory.scope, body);
    const fact = await memory.memories.get(memory.scope, data[1]?.facts?.[0]?.id ?? '');
    expect(fact).toMatchObject({ value: 'rome', valid_from: '2025-03-10T15:00:00.000Z' });
    expect(await memory.memories.get(memory.scope, data[0]?.id ?? '')).toMatchObject({ valid_to: fact.valid_from });
    const message = await memory.memories.get(memory.scope, data[1]?.id ?? '');
    expect(message.valid_from).toBe('2025-03-12T10:00:00.000Z');
  });

  it('lets what happened lately hold although another fact was told since', async () => {
    const scope = { user_id: `lately-${(user += 1)}` };
    await memory.memories.add(memory.scope, addBody.parse({ ...scope, content: 'I live in Oslo.' }));
    await memory.memories.add(memory.scope, addBody.parse({ ...scope, content: 'Yesterday I moved to Rome.' }));
    expect(await valid(scope)).toEqual(['Yesterday I moved to Rome.']);
  });

  it('keeps a fact first that states just what is asked', async () => {
    const scope = { user_id: `claim-${(user += 1)}` };
    await add(scope, ['My favourite colour is teal.', 'I painted my favourite chair in a new colour.']);
    await memory.settle();
    const query = 'What is my favourite colour?';
    const { results } = await memory.searches.search(memory.scope, searchBody.parse({ ...scope, query }));
    expect(results[0]?.content).toBe('My favourite colour is teal.');
  });

  it('refuses a zone that does not exist', () => {
    const body = { user_id: 'ann', content: 'Yesterday I moved to Rome.', timezone: 'Europe/Atlantis' };
    expect(addBody.safeParse(body).success).toBe(false);
  });
});
