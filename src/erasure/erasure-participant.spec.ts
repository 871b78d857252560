import { addedUp } from './erasure-participant';

describe('what a part of an erasure says', () => {
  it('adds up what its rounds removed, and says what the last one waits for', () => {
    const first = addedUp(undefined, { state: 'pending', removed: { files: 2, uploads: 0 }, detail: { waits_for: 3 } });
    expect(first).toEqual({ files: 2, uploads: 0, waits_for: 3 });
    expect(addedUp(first, { state: 'erased', removed: { files: 1, uploads: 1 }, detail: {} })).toEqual({
      files: 3,
      uploads: 1,
    });
  });

  it('does not add up what is no number of removed things', () =>
    expect(addedUp({ followers: 2 }, { state: 'erased', detail: { followers: 1 } })).toEqual({ followers: 1 }));
});
