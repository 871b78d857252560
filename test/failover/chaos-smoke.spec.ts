import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { CELLS } from '../../src/chaos/cells';
import { missing } from '../../src/chaos/services-file';
import type { ChaosVerdict } from '../../src/chaos/verdict';
import { chaosServices } from '../support/chaos-services';
import { describeWith } from '../support/services';

const CLI = path.join(__dirname, '..', '..', 'src', 'cli.js');
const CELL_MS = 240_000;
/** Fixed, so that a red run is repeated by running it again; `npm run chaos` draws one. */
const SEED = 20_260_701;
/** Far below what two cores can take that also run the services and the harness: this is about what is right. */
const RATES = ['--searches', '20', '--writes', '10', '--reads', '5', '--deadline', '5000'];

/** Where a replica was to die and did not come to in time; `follower-replicas` goes to each place by itself. */
const NOT_REACHED = /^it never came to /;

// A whole machine is under test, with whatever else it does: what is wrong is wrong twice. The first time is printed.
jest.retryTimes(1, { logErrorsBeforeRetry: true });

const services = chaosServices(process.env);

/** Everything is real: the compiled product, its command line, the services, and what is done to them. */
describeWith(services?.postgres && services.qdrant)(
  'users do not notice that a service dies (chaos, smoke set)',
  () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'zerodb-chaos-smoke-'));
    const file = path.join(folder, 'services.json');

    beforeAll(() => writeFileSync(file, JSON.stringify(services)));
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    // Skipped as a whole without services; without one of them, without its cells.
    const cells = CELLS.filter(({ smoke, needs }) => smoke && (!services || missing(services, needs).length === 0));

    it.each(cells.map(({ id, title }) => ({ id, title })))(
      '$title ($id)',
      async ({ id }) => {
        const args = [
          'chaos',
          id,
          '--services',
          file,
          '--seed',
          String(SEED),
          '--histories',
          folder,
          '--json',
          ...RATES,
        ];
        const child = spawn(process.execPath, [CLI, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
        const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
        const verdict = out === '' ? undefined : (JSON.parse(out) as ChaosVerdict);
        const [cell] = verdict?.cells ?? [];
        // How fast it was depends on what else the machine does; `npm run chaos` judges that too.
        const isWrong = (problem: string): boolean => !cell?.limits.includes(problem) && !NOT_REACHED.test(problem);
        const problems = cell?.problems.filter(isWrong) ?? [err];
        expect({ problems, notRun: verdict?.notRun }).toEqual({
          problems: [],
          notRun: [],
        });
      },
      CELL_MS,
    );
  },
);
