import { changeOf } from './compression-state';

describe('the settings after another compression was requested', () => {
  const serving = { build: 2, codes: { kind: 'halfvec' } } as const;
  const asked = { scheme: 'none', target_recall: 0.99 } as const;

  it('remembers indexes that are left to drop', () => {
    const { state } = changeOf({ index: serving, leftovers: true }, asked, false);
    expect(state).toMatchObject({ leftovers: true, index: serving });
    expect(changeOf({ index: serving, next: { ...serving, build: 3 } }, asked, false).state.leftovers).toBe(true);
    expect(changeOf({ index: serving, leftovers: false }, asked, false).state.leftovers).toBe(false);
  });
});
