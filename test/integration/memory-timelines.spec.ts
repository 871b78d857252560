import fc from 'fast-check';
import { ZeroDbError } from '../../src/common/errors';
import { addBody, searchBody } from '../../src/memory/dto/memory.schemas';
import { openMemory, type OpenMemory } from '../support/memory';

const CITIES = ['Rome', 'Oslo', 'Lima', 'Quito'];
const RUNS = 12;
const dayOf = (n: number): string => new Date(Date.UTC(2024, 0, 1 + n)).toISOString();

type Step =
  | { readonly do: 'add'; readonly city: string; readonly day: number; readonly end: number | null }
  | { readonly do: 'undo' | 'delete' | 'move'; readonly which: number; readonly day: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('add' as const),
      city: fc.constantFrom(...CITIES),
      day: fc.nat(20),
      end: fc.option(fc.nat(10), { freq: 5 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constantFrom('undo' as const, 'delete' as const, 'move' as const),
      which: fc.nat(20),
      day: fc.nat(20),
    }),
  },
);

/** Whatever is added, backdated, corrected, deleted and undone: at any moment of either clock there is one value. */
describe('timelines', () => {
  let memory: OpenMemory;
  let user = 0;

  beforeAll(async () => {
    memory = await openMemory('embedded');
  });
  afterAll(async () => await memory.drop());

  async function run(steps: readonly Step[], scope: { user_id: string }): Promise<{ ids: string[]; marks: string[] }> {
    const ids: string[] = [];
    const marks: string[] = [];
    for (const one of steps) {
      if (one.do === 'add') {
        const valid_to = one.end === null ? {} : { valid_to: dayOf(one.day + one.end) };
        const body = addBody.parse({
          ...scope,
          content: `I live in ${one.city}`,
          valid_from: dayOf(one.day),
          ...valid_to,
        });
        const [outcome] = (await memory.memories.add(memory.scope, body)).data;
        if (outcome?.id && outcome.status !== 'duplicate') ids.push(outcome.id);
      } else {
        await change(one, ids);
      }
      const { rows } = await memory.database.query<{ now: Date }>(
        memory.scope,
        `select date_trunc('milliseconds', clock_timestamp()) as now`,
      );
      marks.push(rows[0]?.now.toISOString() ?? '');
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    return { ids, marks };
  }

  /** What is not possible (undoing twice, changing what is deleted) is refused with a 4xx and changes nothing. */
  async function change(one: Extract<Step, { which: number }>, ids: readonly string[]): Promise<void> {
    const id = ids[one.which % Math.max(1, ids.length)];
    if (id === undefined) return;
    const work = {
      undo: () => memory.memories.undo(memory.scope, id),
      delete: () => memory.memories.delete(memory.scope, id),
      move: () => memory.memories.patch(memory.scope, id, { valid_from: dayOf(one.day) }),
    };
    try {
      await work[one.do]();
    } catch (error) {
      const status = error instanceof ZeroDbError ? error.status : 500;
      expect([404, 409, 412, 422]).toContain(status);
    }
  }

  async function valuesAt(scope: { user_id: string }, as_of: string, recorded_as_of?: string): Promise<Set<string>> {
    const request = { ...scope, query: 'live', mode: 'keyword', as_of, ...(recorded_as_of ? { recorded_as_of } : {}) };
    const { results } = await memory.searches.search(memory.scope, searchBody.parse(request));
    return new Set(results.map(({ content }) => content));
  }

  it('hold one value at any moment of either clock, and forget nothing', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 10 }), async (steps) => {
        user += 1;
        const scope = { user_id: `t${user}` };
        const { ids, marks } = await run(steps, scope);
        for (let day = 0; day <= 20; day += 3) {
          expect((await valuesAt(scope, dayOf(day))).size).toBeLessThanOrEqual(1);
          const mark = marks[day % marks.length];
          if (mark !== undefined) expect((await valuesAt(scope, dayOf(day), mark)).size).toBeLessThanOrEqual(1);
        }
        for (const id of ids) {
          const { versions } = await memory.memories.history(memory.scope, id);
          expect(versions[0]?.change).toBe('added');
          expect(versions.at(-1)?.recorded_to).toBeNull();
          for (const [index, version] of versions.entries()) {
            if (index > 0) expect(versions[index - 1]?.recorded_to).toEqual(version.recorded_from);
          }
        }
      }),
      { numRuns: RUNS },
    );
  });
});
