import { messageOf } from '../../src/common/message-of';
import { FollowerWorld } from '../support/follower-world';
import { rounds } from '../support/rounds';
import { openRecord, type OpenRecord } from '../support/record';
import { seededRandom } from '../../src/common/seeded-random';

/** Schedules, and steps of each. One that fails is repeated by `ZERODB_SEED`. */
const SEEDS = rounds(40, 120);
const STEPS = 60;
const only = process.env.ZERODB_SEED;

describe('a follower, its workers killed and its calls lost at every point', () => {
  let record: OpenRecord;
  let collection: { id: number; projectId: number };
  const seen: Record<string, number> = {};

  beforeAll(async () => {
    record = await openRecord('embedded');
    ({ collection } = await record.collections.put(record.scope, 'simulated', { dimension: 1, metric: 'dot' }));
  });
  afterAll(async () => await record.drop());

  const run = async (seed: number): Promise<void> => {
    // Where nobody dies, both sides must be equal without the meter.
    const world = new FollowerWorld(record.database, collection, seededRandom(seed), seed % 2 === 0);
    await world.begin();
    for (let step = 0; step < STEPS; step += 1) await world.step();
    await world.finish();
    expect(world.errors).toEqual([]);
    // A put of a build that died may bring back what was deleted since: nobody is left to know of it but the meter.
    if (!world.seen['crashed in a call']) expectEqual(await world.both());
    await world.cycle();
    expectEqual(await world.both());
    for (const [what, count] of Object.entries(world.seen)) seen[what] = (seen[what] ?? 0) + count;
  };

  const expectEqual = ({ record: wanted, copy }: Awaited<ReturnType<FollowerWorld['both']>>): void =>
    expect(copy).toEqual(wanted);

  it('never lacks what is not in the tail, and ends equal to the record', async () => {
    const seeds = only === undefined ? Array.from({ length: SEEDS }, (_, index) => index + 1) : [Number(only)];
    for (const seed of seeds) {
      await run(seed).catch((error: unknown) => {
        throw new Error(`Seed ${seed}: ${messageOf(error)}`, { cause: error });
      });
    }
    if (only === undefined) for (const what of MUST_HAPPEN) expect([what, seen[what] ?? 0]).not.toEqual([what, 0]);
  });
});

/** A schedule that never comes to these proves nothing. */
const MUST_HAPPEN = ['landed', 'ghost', 'lost', 'crashed in a call', 'wiped', 'rebuilt', 'served', 'copied', 'covered'];
