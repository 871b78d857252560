import { canServeAlone, MAX_TAIL, routeOf, type RouteFacts } from './vector-route';

const WELL: RouteFacts = {
  qdrant: 'up',
  admitted: true,
  hasCopy: true,
  lag: 0,
  expressible: true,
};

describe('routeOf', () => {
  it.each<[string, Partial<RouteFacts>, string, string[]]>([
    ['all is well', {}, 'checked', []],
    ['Qdrant is under suspicion', { qdrant: 'suspect' }, 'checked', []],
    ['Qdrant was never attached', { qdrant: 'disabled', hasCopy: false, admitted: false }, 'pgvector', []],
    ['Qdrant is down', { qdrant: 'down', admitted: false }, 'pgvector', ['qdrant_down']],
    ['Qdrant catches up', { qdrant: 'recovering', admitted: false }, 'pgvector', ['qdrant_recovering']],
    ['an operator drained it', { qdrant: 'drained', admitted: false }, 'pgvector', ['qdrant_drained']],
    ['the copy is being built', { hasCopy: false }, 'pgvector', ['qdrant_building']],
    ['too many calls are in flight', { admitted: false }, 'pgvector', ['qdrant_busy']],
    ['the tail is long', { lag: MAX_TAIL + 1 }, 'pgvector', ['qdrant_behind']],
    ['the filter is beyond Qdrant', { expressible: false }, 'pgvector', []],
  ])('%s', (_name, facts, kind, reasons) => {
    expect(routeOf({ ...WELL, ...facts })).toEqual({ kind, reasons });
  });
});

it('lets Qdrant serve alone when it has a copy and takes reads', () => {
  expect(canServeAlone({ admitted: true, hasCopy: true })).toBe(true);
  expect(canServeAlone({ admitted: false, hasCopy: true })).toBe(false);
  expect(canServeAlone({ admitted: true, hasCopy: false })).toBe(false);
});
