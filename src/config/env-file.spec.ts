import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ConfigurationError } from './configuration-error';
import { withEnvFile } from './env-file';
import { loadConfiguration } from './load-configuration';

/** Real: the file `.env` of a folder. */
describe('the file .env', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'zerodb-env-'));
  });

  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  const load = (text: string, environment: Record<string, string> = {}) => {
    writeFileSync(path.join(folder, '.env'), text);
    return loadConfiguration(environment, folder);
  };

  const faultsOf = (text: string, environment: Record<string, string> = {}): readonly string[] => {
    try {
      load(text, environment);
      return [];
    } catch (error) {
      return error instanceof ConfigurationError ? error.faults : [String(error)];
    }
  };

  it('is read from the working folder', () => {
    const { server, log } = load(
      '# the port\nZERODB_PORT=7931\n\nexport ZERODB_HOST="0.0.0.0" # all\nZERODB_LOG_LEVEL=warn',
    );
    expect([server.port, server.host, log.level]).toEqual([7931, '0.0.0.0', 'warn']);
  });

  it('is read with the ends of lines, the mark at the beginning and the quotation marks that editors write', () => {
    const text = "\uFEFFZERODB_PORT=7931\r\nZERODB_ROOT_KEY='R0ot-key.of=the+test'\r\nNODE_ENV=production\r\n";
    const { server, auth } = load(text);
    expect([server.port, auth.rootKey, server.production]).toEqual([7931, 'R0ot-key.of=the+test', true]);
  });

  it('gives way to the environment, also to an empty variable', () => {
    expect(load('ZERODB_PORT=7931', { ZERODB_PORT: '7932' }).server.port).toBe(7932);
    expect(load('ZERODB_PORT=7931', { ZERODB_PORT: '' }).server.port).toBe(7700);
  });

  it('wins over config/', () => {
    mkdirSync(path.join(folder, 'config'));
    writeFileSync(path.join(folder, 'config', 'default.json'), '{"server": {"port": 7001}}');
    expect(load('ZERODB_PORT=7931').server.port).toBe(7931);
  });

  it('may hold variables of others, and changes none of this process', () => {
    const before = { ...process.env };
    expect(
      load('POSTGRES_PASSWORD=hush\nTAG=local\nZERODB_API_KEY=zdb_x\nZERODB_PDF_PASSWORD=x\nZERODB_PORT=7931').server
        .port,
    ).toBe(7931);
    expect({ ...process.env }).toEqual(before);
  });

  it.each([
    ['a line without a value', 'ZERODB_PORT'],
    ['a colon', 'ZERODB_PORT: 7931'],
    ['a line that begins with =', '=7931'],
    ['a name with a space', 'ZERODB PORT=7931'],
    ['an open quotation mark', 'ZERODB_ROOT_KEY="hush-hush'],
    ['text behind the value', 'ZERODB_ROOT_KEY="hush"-hush'],
    ['a # inside a value', 'ZERODB_ROOT_KEY=hush#hush-hush'],
    ['a # at the start of a value', 'ZERODB_ROOT_KEY=#hush'],
    ['a # inside an exported value', 'export ZERODB_ROOT_KEY = hush#hush # hush'],
    ['a shell command', 'source hush.sh'],
  ])('refuses %s with the number of the line, and does not repeat it', (_name, line) => {
    const [fault, ...more] = faultsOf(`# one\nZERODB_HOST=127.0.0.1\n${line}\n`);
    expect(fault).toMatch(/[\\/]\.env, line 3: /);
    expect(fault).not.toMatch(/hush|7931/);
    expect(more).toEqual([]);
  });

  it('takes a # in quotation marks, after a space, and in variables of others', () => {
    const text =
      "POSTGRES_PASSWORD=a#b\nZERODB_ROOT_KEY='R0ot-key#of=the+test'\nZERODB_PORT=7931 # all of a#b\nZERODB_HOST= # none";
    const { server, auth } = load(text);
    expect([server.port, auth.rootKey]).toEqual([7931, 'R0ot-key#of=the+test']);
  });

  it('names all faults at once, in the file and in the values', () => {
    const faults = faultsOf('ZERODB_PORT=many\nnonsense\nZERODB_PROT=1\n', { ZERODB_ROLE: 'boss' });
    expect(faults).toHaveLength(4);
    expect(faults.join('\n')).toMatch(/line 2: must be NAME=value/);
    expect(faults.join('\n')).not.toContain('many');
  });

  it('takes values of several lines', () => {
    const { environment, faults } = withEnvFile({}, folder);
    expect([environment, faults]).toEqual([{}, []]);
    writeFileSync(path.join(folder, '.env'), "ZERODB_X='one\ntwo'\nZERODB_Y=3\n");
    expect(withEnvFile({}, folder)).toEqual({ environment: { ZERODB_X: 'one\ntwo', ZERODB_Y: '3' }, faults: [] });
  });

  it('is a fault where it cannot be read', () => {
    mkdirSync(path.join(folder, '.env'));
    expect(() => loadConfiguration({}, folder)).toThrow(ConfigurationError);
  });
});
