import { homeOf, readRouteOf, writeRouteOf, type StoreFacts, type StoreName } from './file-route';

const facts = (stores: readonly StoreName[], out: readonly StoreName[] = []): StoreFacts => ({
  has: (store) => stores.includes(store),
  admits: (store) => stores.includes(store) && !out.includes(store),
});
const copy = (store: StoreName, state = 'live') => ({ store, state });
const ALL: readonly StoreName[] = ['object_store', 'filesystem', 'mirror', 'cold', 'spool'];

it('gives bytes a home in the object store, or else in the folder', () => {
  expect(homeOf(facts(ALL).has)).toBe('object_store');
  expect(homeOf(facts(['filesystem', 'mirror']).has)).toBe('filesystem');
  expect(homeOf(facts(['mirror']).has)).toBeUndefined();
});

describe('readRouteOf', () => {
  const copies = [copy('spool'), copy('mirror'), copy('object_store'), copy('cold')];
  it.each<[string, StoreFacts, StoreName[]]>([
    ['the nearest first', facts(ALL), ['object_store', 'cold', 'mirror', 'spool']],
    ['a store that is out last', facts(ALL, ['object_store']), ['cold', 'mirror', 'spool', 'object_store']],
    ['no store that is not configured', facts(['object_store', 'spool']), ['object_store', 'spool']],
  ])('asks %s', (_what, known, expected) => {
    expect(readRouteOf(copies, known).map(({ store }) => store)).toEqual(expected);
  });

  it('asks a doubted copy after the trusted ones, and before a store that is out', () => {
    const doubted = [copy('object_store', 'damaged'), copy('mirror'), copy('cold')];
    expect(readRouteOf(doubted, facts(ALL, ['cold'])).map(({ store }) => store)).toEqual([
      'mirror',
      'object_store',
      'cold',
    ]);
  });
});

describe('writeRouteOf', () => {
  const plain = { mirrored: false };
  it.each<[string, StoreFacts, { mirrored: boolean }, ReturnType<typeof writeRouteOf>]>([
    [
      'the home, with the spool behind it',
      facts(ALL),
      plain,
      { wanted: ['object_store'], now: ['object_store'], standIn: 'spool' },
    ],
    [
      'the mirror, too',
      facts(ALL),
      { mirrored: true },
      { wanted: ['object_store', 'mirror'], now: ['object_store', 'mirror'], standIn: 'spool' },
    ],
    [
      'the mirror alone while the home is out',
      facts(ALL, ['object_store']),
      { mirrored: true },
      { wanted: ['object_store', 'mirror'], now: ['mirror'], standIn: 'spool' },
    ],
    [
      'the spool while all are out',
      facts(ALL, ['object_store']),
      plain,
      { wanted: ['object_store'], now: [], standIn: 'spool' },
    ],
    [
      'the folder without a stand-in',
      facts(['filesystem', 'spool']),
      plain,
      { wanted: ['filesystem'], now: ['filesystem'], standIn: undefined },
    ],
    [
      'the object store without a spool',
      facts(['object_store']),
      plain,
      { wanted: ['object_store'], now: ['object_store'], standIn: undefined },
    ],
  ])('sends new bytes to %s', (_what, known, options, expected) => {
    expect(writeRouteOf(known, options)).toEqual(expected);
  });
});
