import { openTestDatabase, type TestDatabase } from '../support/database';
import { progress, rateSince } from '../support/progress';
import { describeWith, services } from '../support/services';
import { Soak, type SoakFigures } from '../support/soak';
import { REQUESTS } from './rounds';

const STEPS = 100;
/** Until caches and pools are full, and the engine has taken the memory that it works in. */
const WARM_UP_STEPS = 10;
/** Collections of garbage come when they come: the lowest of so many steps is what is held. */
const WINDOW = 5;
const MAX_GROWTH_MIB = 50;
const MAX_REFUSED_SHARE = 0.01;
const PARTS = ['resident', 'main', 'engine'] as const;

jest.setTimeout(24 * 3_600_000);

/** Real: the product in a process of its own, over HTTP; figures by Node's inspector, after a forced collection. */
async function staysFlat(engine: string, environment: Record<string, string>): Promise<void> {
  const soak = await Soak.start(environment);
  try {
    const figures: SoakFigures[] = [];
    for (let step = 1; step <= STEPS; step += 1) {
      const started = performance.now();
      await soak.run(REQUESTS / STEPS);
      figures.push(await soak.figures());
      const [count, rate] = [(REQUESTS / STEPS) * step, rateSince(started, REQUESTS / STEPS)];
      progress(
        `${engine}: ${count} requests, ${rate}/s, ${JSON.stringify(figures.at(-1))} MiB, ${soak.refused} refused`,
      );
      expect(soak.failures).toEqual([]);
    }
    expect(soak.refused).toBeLessThan(REQUESTS * MAX_REFUSED_SHARE);
    const grown = PARTS.filter((part) => growthOf(figures.map((each) => each[part])) > MAX_GROWTH_MIB);
    expect({ grown, figures: grown.length > 0 ? figures : [] }).toEqual({ grown: [], figures: [] });
  } finally {
    await soak.stop();
  }
}

function growthOf(sizes: readonly number[]): number {
  const early = Math.min(...sizes.slice(WARM_UP_STEPS, WARM_UP_STEPS + WINDOW));
  return Math.min(...sizes.slice(-WINDOW)) - early;
}

describe('memory under small requests of all kinds', () => {
  it('stays flat on the embedded engine', () => staysFlat('embedded', {}));

  describeWith(services.postgresUrl)('with a Postgres server', () => {
    let place: TestDatabase;
    beforeAll(async () => {
      place = await openTestDatabase('server');
    });
    afterAll(async () => await place.drop());

    it('stays flat on the server engine', async () => {
      const { options } = place;
      await staysFlat('server', { ZERODB_POSTGRES_URL: options.engine === 'server' ? options.url : '' });
    });
  });
});
