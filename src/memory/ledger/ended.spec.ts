import { endingsOf } from '../recognise/endings';
import type { Draft } from './draft';
import { endedBy, type StandingMemory } from './ended';

/** A memory that counts how often it is read. */
function counted(content: string, index: number, onRead: () => void): StandingMemory {
  return {
    id: `m${index}`,
    kind: 'fact',
    role: null,
    owner: 'o',
    user: 'ann',
    agent: null,
    get content() {
      onRead();
      return content;
    },
    speaker: null,
    validFrom: new Date(0),
    validTo: null,
  };
}

const draftOf = (content: string): Draft =>
  ({
    id: 'd',
    endings: endingsOf(content),
    scope: { user_id: 'ann' },
    owner: 'o',
    derivedFrom: [],
  }) as unknown as Draft;

describe('endedBy', () => {
  it('reads each memory once, however many endings there are and however often they are compared', () => {
    let reads = 0;
    const standing = Array.from({ length: 1_000 }, (_, n) => counted(`I own boat number ${n}.`, n, () => (reads += 1)));
    const draft = draftOf('I no longer own a car. '.repeat(200));
    for (let batch = 0; batch < 20; batch += 1) expect(endedBy(draft, standing, new Date(1))).toEqual([]);
    expect(draft.endings).toHaveLength(16);
    expect(reads).toBeLessThanOrEqual(310 * 2);
  });

  it('compares the last memories of the same person alone', () => {
    const others = Array.from({ length: 1_000 }, (_, n) => ({
      ...counted('I own a car.', n, () => undefined),
      user: 'bob',
    }));
    const mine = counted('I own a car.', 1_000, () => undefined);
    expect(endedBy(draftOf('I no longer own a car.'), [mine, ...others], new Date(1))).toEqual([mine]);
  });
});
