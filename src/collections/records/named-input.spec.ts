import type { Collection } from '../collection';
import { namedFaults, numbersUnderNames } from './named-input';

const base64 = (count: number): string => Buffer.from(new Float32Array(count).fill(1).buffer).toString('base64');

describe('vectors with names, as they are sent', () => {
  const settings = { vectors: { pages: { dimension: 128, metric: 'dot', kind: 'multi' } } };
  const collection = { settings } as unknown as Collection;

  it.each([1, 2, 3, 4, 128, 1_536])('count %d numbers in base64 as in a list', (count) => {
    expect(numbersUnderNames({ t: base64(count) })).toBe(count);
    expect(numbersUnderNames({ t: [base64(count), new Array<number>(count).fill(1)] })).toBe(2 * count);
  });

  it('may be as long in base64 as in numbers', () => {
    const row = base64(128);
    expect(namedFaults(collection, { pages: new Array<string>(2_048).fill(row) }, '/vectors')).toEqual([]);
    expect(namedFaults(collection, { pages: new Array<string>(2_049).fill(row) }, '/vectors')).toHaveLength(1);
  });
});
