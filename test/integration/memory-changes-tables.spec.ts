import { HELD_OUT } from '../../bench/memory/changes/held-out';
import { livesOf } from '../../bench/memory/changes/lives';
import type { Table } from '../../bench/memory/changes/table';
import { TUNING } from '../../bench/memory/changes/tuning';
import { seededRandom } from '../../src/common/seeded-random';
import { statementsOf } from '../../src/memory/recognise/statements';

const sentencesOf = ({ attributes, plans }: Table): string[] => [
  ...attributes.flatMap(({ states, changes, ends, ask, askThen }) => [
    ...states,
    ...changes,
    ...ends,
    ...ask,
    ...askThen,
  ]),
  ...plans.flatMap(({ plans: planned, calledOff, ask }) => [...planned, ...calledOff, ...ask]),
];

/** The second generator measures what nobody wrote a rule for. */
describe('the tables of people who change', () => {
  it('hold at least forty attributes with six wordings each', () => {
    const all = [...TUNING.attributes, ...HELD_OUT.attributes];
    expect(all.length).toBeGreaterThanOrEqual(40);
    for (const { states, changes } of all) expect(states.length + changes.length).toBeGreaterThanOrEqual(6);
  });

  it('share no attribute and no sentence between the splits', () => {
    const names = [...TUNING.attributes, ...HELD_OUT.attributes, ...TUNING.plans, ...HELD_OUT.plans].map(
      ({ name }) => name,
    );
    expect(new Set(names).size).toBe(names.length);
    const tuning = new Set(sentencesOf(TUNING));
    expect(sentencesOf(HELD_OUT).filter((sentence) => tuning.has(sentence))).toEqual([]);
  });

  it.each([
    ['tuning', TUNING],
    ['held-out', HELD_OUT],
  ])('are hardly read by any rule: %s', (_name, table) => {
    const { told } = livesOf(seededRandom(5), table);
    const read = told.filter(({ content }) => statementsOf(content).length > 0);
    expect(read.length / told.length).toBeLessThan(0.1);
    const known =
      /^(?:residence|employer|occupation|school|name|age|diet|relationship|allergy|taste|favourite|phone|email)\b/;
    expect(table.attributes.filter(({ name }) => known.test(name))).toEqual([]);
  });

  it('are the same every time', () => {
    expect(livesOf(seededRandom(5), TUNING)).toEqual(livesOf(seededRandom(5), TUNING));
  });
});
