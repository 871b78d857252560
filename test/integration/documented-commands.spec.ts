import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { fillDataFolder } from '../support/data-folder';
import { textOf } from '../support/stack-files';

const CLI = path.join(__dirname, '../../src/cli.js');

/** The blocks of a page that are commands to run. */
const scriptsIn = (page: string): string[] =>
  [...textOf(page).matchAll(/```sh\n([\s\S]*?)```/g)].map(([, script = '']) => script);

interface Outcome {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Real: bash, with `zerodb` as the command line of this build, and these settings alone. */
const run = async (script: string, folder: string): Promise<Outcome> => {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('ZERODB_'));
  const child = spawn('bash', ['-euc', `zerodb() { "${process.execPath}" "${CLI}" "$@"; }\n${script}`], {
    cwd: folder,
    env: {
      ...Object.fromEntries(inherited),
      ZERODB_DATA_DIR: path.join(folder, 'data'),
      ZERODB_BACKUP_TO: path.join(folder, 'backups'),
      ZERODB_BACKUP_KEY: 'a-key-of-the-tests-0123456789',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { code, out, err };
};

describe('the commands of the guides', () => {
  let folder: string;
  beforeAll(() => (folder = mkdtempSync(path.join(tmpdir(), 'zerodb-guides-'))));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('back up, verify and restore as docs/disaster-recovery.md says', async () => {
    await fillDataFolder(path.join(folder, 'data'));
    expect((await run('zerodb db migrate', folder)).code).toBe(0);
    const [drill = ''] = scriptsIn('docs/disaster-recovery.md');
    expect(drill).toContain('backup restore');
    const { code, err } = await run(drill, folder);
    expect([code, err]).toEqual([0, expect.stringContaining('The schema is that of this version.')]);
  });

  it('estimate as docs/capacity.md says', async () => {
    const [estimates = ''] = scriptsIn('docs/capacity.md');
    const { code, out } = await run(estimates, folder);
    expect(code).toBe(0);
    expect(out.match(/^postgres /gm)).toHaveLength(2);
    expect(out).toContain('"source": "measured: docs/capacity.md"');
    expect(out).toContain('"role": "object_store"');
  });

  it('refuse what cannot be', async () => {
    const { code, err } = await run('zerodb size --records 10M --dimension 3072 --qps 200', folder);
    expect([code, err]).toEqual([2, expect.stringContaining('"half"')]);
    expect((await run('zerodb size --records many --dimension 3 --qps 1', folder)).code).toBe(2);
    expect((await run('zerodb size --dimension 3 --qps 1', folder)).code).toBe(2);
  });
});
