import { alignMessages, chainMessages, ownOf, type Chained } from './replay';

type Message = Parameters<typeof ownOf>[0];
const says = (content: string, more: Partial<Message> = {}): Message => ({ role: 'user', content, ...more });
const stored = (chained: readonly Chained[]) => chained.map((one) => ({ near: one.own, fingerprint: one.chained }));
const TALK = ['Hello.', 'I moved to Porto.', 'I like tea.', 'Hello.', 'See you.'].map((content) => says(content));

describe('ownOf', () => {
  it('tells messages apart by role, name, words, time and metadata', () => {
    const digests = [
      ownOf(says('a')),
      ownOf(says('b')),
      ownOf(says('a', { role: 'assistant' })),
      ownOf(says('a', { name: 'Ann' })),
      ownOf(says('a', { at: '2024-01-01T00:00:00Z' })),
      ownOf(says('a'), { about: 1 }),
      ownOf(says('a'), { about: 2 }),
    ];
    expect(new Set(digests).size).toBe(digests.length);
    expect(digests[0]).toMatch(/^[\w-]{22}$/);
  });

  it('takes no metadata and empty metadata for the same, and the order of keys for nothing', () => {
    expect(ownOf(says('a'), {})).toBe(ownOf(says('a')));
    expect(ownOf(says('a'), { x: 1, y: 2 })).toBe(ownOf(says('a'), { y: 2, x: 1 }));
  });
});

describe('chainMessages', () => {
  it('chains each message to all that went before it', () => {
    const [first, , , fourth] = chainMessages(TALK);
    expect(first?.own).toBe(fourth?.own);
    expect(first?.chained).not.toBe(fourth?.chained);
    expect(chainMessages(TALK.slice(0, 3))).toEqual(chainMessages(TALK).slice(0, 3));
  });

  it('goes on from another start as if that had been said before', () => {
    const all = chainMessages(TALK);
    expect(chainMessages(TALK.slice(2), all[1]?.chained)).toEqual(all.slice(2));
  });
});

describe('alignMessages', () => {
  const all = chainMessages(TALK);

  it('finds a conversation that is sent again from its start, and has grown', () => {
    expect(alignMessages(TALK, stored(all.slice(0, 3)))).toEqual(all);
  });

  it('finds its last part, and what follows it', () => {
    expect(alignMessages(TALK.slice(1), stored(all.slice(0, 3)))).toEqual(all.slice(1));
  });

  it('takes the place at which most is known, where a message was said twice', () => {
    const twice = ['Hello.', 'Tea?', 'Yes.', 'Coffee?', 'Yes.', 'See you.'].map((content) => says(content));
    const chain = chainMessages(twice);
    expect(alignMessages(twice.slice(4), stored(chain))).toEqual(chain.slice(4));
    expect(alignMessages(twice.slice(2), stored(chain))).toEqual(chain.slice(2));
  });

  it('begins a conversation of its own where nothing is known', () => {
    const others = stored(chainMessages([says('Something else.')]));
    expect(alignMessages(TALK, others)).toEqual(all);
    expect(alignMessages(TALK, [])).toEqual(all);
    expect(alignMessages([], stored(all))).toEqual([]);
  });

  it('does not continue what has no fingerprint', () => {
    const erased = stored(all).map((one) => ({ ...one, fingerprint: null }));
    expect(alignMessages(TALK.slice(1), erased)).toEqual(chainMessages(TALK.slice(1)));
  });

  it('does not take a conversation about something else for this one', () => {
    const about = chainMessages(TALK, undefined, { about: 1 });
    expect(alignMessages(TALK, stored(about))).toEqual(all);
    expect(alignMessages(TALK.slice(1), stored(about), { about: 1 })).toEqual(about.slice(1));
  });
});
