import { build, NO_FILTER, type Condition, type FilterDraft } from '../../dashboard/src/pages/collections/filter/draft';
import { fieldsOf } from '../../dashboard/src/pages/collections/filter/fields-of';
import { colouring } from '../../dashboard/src/pages/collections/map/colours';
import type { MapPoint, Value } from '../../dashboard/src/pages/collections/map/types';
import {
  isInside,
  moved,
  nearest,
  toPlane,
  toScreen,
  FULL_VIEW,
  zoomed,
} from '../../dashboard/src/pages/collections/map/view';
import { mergePatchOf, parseMetadata } from '../../dashboard/src/pages/collections/records/merge-patch';
import { agreement } from '../../dashboard/src/pages/collections/search/agreement';
import { firstForm, searchesOf } from '../../dashboard/src/pages/collections/search/form';
import { parseVector } from '../../dashboard/src/pages/collections/vector-text';
import { parseFilter } from '../../src/common/filter';
import { mergePatch } from '../../src/common/merge-patch';

const condition = (part: Partial<Condition>): Condition => ({
  key: 1,
  field: 'f',
  operator: '$eq',
  type: 'text',
  value: 'v',
  ...part,
});
const draft = (join: FilterDraft['join'], ...conditions: Partial<Condition>[]): FilterDraft => ({
  ...NO_FILTER,
  join,
  conditions: conditions.map(condition),
});

describe('the filter builder', () => {
  it.each<[string, FilterDraft, unknown]>([
    ['equality', draft('all', {}), { f: 'v' }],
    ['a number', draft('all', { operator: '$gte', type: 'number', value: '1.5' }), { f: { $gte: 1.5 } }],
    ['a list', draft('all', { operator: '$in', type: 'number', value: '1, 2' }), { f: { $in: [1, 2] } }],
    ['words', draft('all', { operator: '$text', value: 'red wine' }), { f: { $text: 'red wine' } }],
    ['absence', draft('all', { operator: '$exists', value: 'no' }), { f: { $exists: false } }],
    ['a choice that was not touched', draft('all', { type: 'yes/no', value: '' }), { f: true }],
    ['all of', draft('all', {}, { field: 'g' }), { $and: [{ f: 'v' }, { g: 'v' }] }],
    ['any of', draft('any', {}, { field: 'g' }), { $or: [{ f: 'v' }, { g: 'v' }] }],
    ['none of', draft('none', {}, { field: 'g' }), { $not: { $or: [{ f: 'v' }, { g: 'v' }] } }],
    ['JSON', { ...NO_FILTER, mode: 'json', json: '{"f": {"$ne": 1}}' }, { f: { $ne: 1 } }],
  ])('says %s in the language of the API', (_name, made, filter) => {
    expect(build(made)).toEqual({ filter });
    expect(() => parseFilter(filter as Record<string, unknown>, { basePath: '' })).not.toThrow();
  });

  it.each<[string, FilterDraft]>([
    ['no field', draft('all', { field: '' })],
    ['no number', draft('all', { type: 'number', value: 'x' })],
    ['nothing for a number', draft('all', { type: 'number', value: ' ' })],
    ['a list with a hole', draft('all', { operator: '$in', type: 'number', value: '1,,2' })],
    ['broken JSON', { ...NO_FILTER, mode: 'json', json: '{' }],
    ['JSON that is no object', { ...NO_FILTER, mode: 'json', json: '[]' }],
  ])('tells of %s', (_name, made) => {
    expect(build(made)).toEqual({ fault: expect.any(String) as string });
  });

  it('filters nothing when nothing is said', () => {
    expect(build(NO_FILTER)).toEqual({ filter: undefined });
    expect(build({ ...NO_FILTER, mode: 'json' })).toEqual({ filter: undefined });
  });

  it('knows fields with dots, in lists and inside of others', () => {
    const metadata = { 'a.b': 1, list: [{ deep: true }], plain: ['x'], none: null };
    expect(fieldsOf(metadata)).toEqual([
      { name: 'a\\.b', type: 'number' },
      { name: 'list.deep', type: 'yes/no' },
      { name: 'plain', type: 'text' },
      { name: 'none', type: 'text' },
    ]);
  });
});

describe('an edited record', () => {
  it.each([
    [
      { a: 1, b: { c: 2, d: 3 } },
      { a: 1, b: { c: 4 }, e: [1] },
    ],
    [{ a: { b: 1 } }, { a: 'text' }],
    [{ a: 'text' }, { a: { b: 1 } }],
    [{}, { a: 1 }],
    [{ a: 1 }, {}],
  ])('becomes what was typed', (before, after) => {
    expect(mergePatch(before, mergePatchOf(before, after))).toEqual(after);
  });

  it('sends nothing of what is the same', () => {
    expect(mergePatchOf({ a: { b: [1] } }, { a: { b: [1] } })).toEqual({});
  });

  it('takes nothing but an object for metadata', () => {
    expect(parseMetadata('{"a": 1}')).toEqual({ metadata: { a: 1 } });
    for (const json of ['[]', 'null', '{', '1']) expect(parseMetadata(json)).toHaveProperty('fault');
  });
});

describe('a search', () => {
  it('is one for each engine when both are asked', () => {
    const form = { ...firstForm(true), text: 'wine', engines: 'both' as const };
    const asked = searchesOf(form);
    expect(asked).toMatchObject({ searches: [{ engine: 'qdrant' }, { engine: 'pgvector' }] });
    expect(searchesOf({ ...form, mode: 'keyword' })).toMatchObject({ searches: [{ mode: 'keyword' }] });
  });

  it('has no score to cut when it is fused', () => {
    expect(searchesOf({ ...firstForm(true), text: 'wine', threshold: 0.5 })).not.toHaveProperty(
      'searches.0.score_threshold',
    );
  });

  it('says what is missing', () => {
    expect(searchesOf(firstForm(true))).toEqual({ fault: 'Type what to search for.' });
    expect(searchesOf({ ...firstForm(true), by: 'vector', vector: '1, two' })).toEqual({
      fault: '“two” is not a number.',
    });
  });

  it.each(['[1, -2.5, 3e2]', '1 -2.5 300', '1,-2.5;300'])('reads %s as a vector', (text) => {
    expect(parseVector(text)).toEqual({ vector: [1, -2.5, 300] });
  });

  it('compares two answers', () => {
    const results = (...ids: string[]) => ({ results: ids.map((id) => ({ id, score: 1, version: 1 })) });
    expect(agreement(results('a', 'b', 'c'), results('a', 'c'))).toEqual({ shared: 2, inPlace: 1, most: 3 });
  });
});

describe('the map', () => {
  const size = { width: 400, height: 200 };
  const point = (value?: Value): MapPoint => ({ id: 'p', x: 0, y: 0, ...(value === undefined ? {} : { value }) });

  it('keeps the place under the pointer when it is enlarged', () => {
    const around = { x: 300, y: 40 };
    const view = zoomed(FULL_VIEW, 3, around, size);
    const before = toPlane(around, FULL_VIEW, size);
    expect(toScreen(before, view, size).x).toBeCloseTo(around.x);
    expect(toScreen(before, view, size).y).toBeCloseTo(around.y);
  });

  it('never loses its points', () => {
    expect(moved(FULL_VIEW, -1e6, 1e6, size)).toMatchObject({ x: 1, y: 1 });
    expect(zoomed(FULL_VIEW, 1e-6, { x: 0, y: 0 }, size).zoom).toBe(1);
  });

  it('finds the point under the pointer among those that are shown', () => {
    const spot = toScreen(point(), FULL_VIEW, size);
    expect(nearest([point()], spot, FULL_VIEW, size, () => true)).toBe(0);
    expect(nearest([point()], spot, FULL_VIEW, size, () => false)).toBe(-1);
    expect(nearest([point()], { x: spot.x + 50, y: spot.y }, FULL_VIEW, size, () => true)).toBe(-1);
  });

  it('knows what lies inside of a lasso', () => {
    const line = [
      { x: 0, y: 0 },
      { x: 10, y: 0 },
      { x: 10, y: 10 },
      { x: 5, y: 2 },
      { x: 0, y: 10 },
    ];
    expect(isInside({ x: 1, y: 5 }, line)).toBe(true);
    expect(isInside({ x: 5, y: 8 }, line)).toBe(false);
    expect(isInside({ x: 1, y: 1 }, [])).toBe(false);
  });

  it('gives each value its colour, and tells of the rest', () => {
    const values: Value[] = [...Array.from({ length: 12 }, (_, n) => `v${n}`), 'v0', null];
    const { groups, groupOf } = colouring(values.map(point), 'light', 'kind');
    expect(groups[0]).toMatchObject({ label: 'v0', count: 2 });
    expect(groups.map(({ count }) => count).reduce((a, b) => a + b)).toBe(values.length);
    expect(groups.slice(-2).map(({ label }) => label)).toEqual(['other values', 'no value']);
    expect(new Set(groups.slice(0, -2).map(({ colour }) => colour)).size).toBe(groups.length - 2);
    expect(groupOf[0]).toBe(groupOf[12]);
  });

  it('steps through many numbers', () => {
    const points = Array.from({ length: 100 }, (_, n) => point(n));
    const { groups, groupOf } = colouring([...points, point(null)], 'dark', 'year');
    expect(groups.map(({ count }) => count)).toEqual([20, 20, 20, 20, 20, 1]);
    expect([groupOf[0], groupOf[99], groupOf[100]]).toEqual([0, 4, 5]);
  });
});
