import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { clientOf, type CreatedKey } from '../support/http';
import { startServer, type TestServer } from '../support/server';

const CLI = path.join(__dirname, '..', '..', 'src', 'cli.js');
const COMMANDS = [...readFileSync(path.resolve('docs/audit.md'), 'utf8').matchAll(/```sh\n([\s\S]*?)```/g)].map(
  ([, example = '']) => example,
);

/** Real: the commands as written in docs/audit.md, a shell, the compiled CLI and a server. */
describe('the page on the audit log', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'zerodb-audit-docs-'));
  let server: TestServer;
  let call: ReturnType<typeof clientOf>;

  beforeAll(async () => {
    server = await startServer();
    call = clientOf(server.url);
  });
  afterAll(async () => {
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const shell = (script: string): Promise<{ stdout: string; stderr: string }> =>
    promisify(execFile)('bash', ['-ec', `zerodb() { "${process.execPath}" "${CLI}" "$@"; }\n${script}`], {
      cwd: folder,
      env: { PATH: process.env['PATH'], ZERODB_URL: server.url, ZERODB_ROOT_KEY: server.rootKey },
    });

  it('has commands that search, verify, export and report', async () => {
    const { stdout, stderr } = await shell(COMMANDS.join('\n'));
    expect(stdout).toMatch(/root +putCollection +collection books +\S+ +ok/);
    expect(stderr).toMatch(/Key [0-9a-f]{16}\. 0 entries .*\nThe log is intact: 1 entry/);
    expect(stderr).toMatch(
      /Log of default, verified with key [0-9a-f]{16}\.\nThe log is intact: 1 entry, 0 checkpoints\./,
    );
    expect(stdout).toMatch(/GDPR: project default/);
    expect(stdout).toMatch(/proven +Art\. 5\(2\), 24: Administrative acts are recorded/);
    expect(stdout).toMatch(/NOT PROVEN +Art\. 32: Who read data is recorded/);
    expect(stdout).toMatch(/Neither the log nor the settings can prove:/);
  }, 60_000);

  it('has a file that is not believed when it was changed, or verified with another key', async () => {
    const file = path.join(folder, 'audit.ndjson');
    const text = await readFile(file, 'utf8');
    await writeFile(path.join(folder, 'changed.ndjson'), text.replace('"root"', '"key:0123456789abcdef"'));
    await expect(shell('zerodb audit verify changed.ndjson --key audit.pub')).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/changed entry 1 is not what was written/) as string,
    });
    const other = 'MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=';
    await expect(shell(`zerodb audit verify audit.ndjson --key ${other}`)).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/is not signed by this key/) as string,
    });
    await writeFile(path.join(folder, 'cut.ndjson'), text.split('\n').slice(0, -2).join('\n'));
    await expect(shell('zerodb audit verify cut.ndjson')).rejects.toMatchObject({
      stderr: expect.stringMatching(/breaks off/) as string,
    });
  }, 60_000);

  it('has a role that reads the log of its project, and nothing else', async () => {
    const root = { key: server.rootKey };
    const created = await call('/v1/keys', { ...root, body: { name: 'auditor', role: 'audit' } });
    const { key } = created.json as unknown as CreatedKey;
    for (const target of ['/v1/audit', '/v1/audit/key', '/v1/audit/report?framework=soc2'])
      expect([target, (await call(target, { key })).status]).toEqual([target, 200]);
    const exported = await fetch(`${server.url}/v1/audit/export`, { headers: { 'x-api-key': key } });
    expect([exported.status, (await exported.text()).split('\n').length > 2]).toEqual([200, true]);
    expect((await call('/v1/audit/verify', { key, method: 'POST' })).json).toMatchObject({ valid: true });
    for (const target of ['/v1/collections', '/v1/keys', '/v1/status', '/v1/audit?log=installation', '/v1/projects'])
      expect([target, (await call(target, { key })).status]).toEqual([target, 403]);
    expect((await call('/graphql', { key, body: { query: '{ collections { name } }' } })).status).toBe(403);
    const writer = await call('/v1/keys', { ...root, body: { name: 'writer', role: 'write' } });
    expect((await call('/v1/audit', { key: writer.json.key as string })).status).toBe(403);
  });

  it('has pages, filters and clear faults', async () => {
    const root = { key: server.rootKey };
    for (const name of ['p1', 'p2', 'p3']) await call(`/v1/buckets/${name}`, { ...root, method: 'PUT', body: {} });
    const first = await call('/v1/audit?action=putBucket&limit=2', root);
    expect(first.json).toMatchObject({
      has_more: true,
      data: [{ resource: { bucket: 'p3' } }, { resource: { bucket: 'p2' } }],
    });
    const next = await call(`/v1/audit?action=putBucket&limit=2&after=${String(first.json.next_cursor)}`, root);
    expect(next.json).toMatchObject({ has_more: false, data: [{ resource: { bucket: 'p1' } }] });
    const other = await call(`/v1/audit?action=putTopic&limit=2&after=${String(first.json.next_cursor)}`, root);
    expect(other.status).toBe(422);
    expect((await call('/v1/audit?resource=p2', root)).json).toMatchObject({ data: [{ action: 'putBucket' }] });
    for (const query of ['since=yesterday', 'outcome=good', 'limit=0', 'other=1'])
      expect((await call(`/v1/audit?${query}`, root)).status).toBe(422);
    expect((await call('/v1/audit?log=nobody', root)).status).toBe(404);
  });

  it('keeps the log of a deleted project for the root key', async () => {
    const root = { key: server.rootKey };
    await call('/v1/projects', { ...root, body: { name: 'gone' } });
    const headers = { 'zerodb-project': 'gone' };
    await call('/v1/keys', { ...root, body: { name: 'k', role: 'read', project: 'gone' } });
    expect((await call('/v1/audit', { ...root, headers })).json).toMatchObject({ data: [{ action: 'createKey' }] });
    const receipt = await call('/v1/projects/gone', { ...root, method: 'DELETE' });
    const { json } = await call(`/v1/audit?log=${String(receipt.json.uid)}`, root);
    expect(json).toMatchObject({ data: [{ action: 'createKey', actor: 'root' }] });
    const acts = await call('/v1/audit?log=installation&class=admin&outcome=ok', root);
    expect(acts.json).toMatchObject({ data: [{ action: 'deleteProject' }, { action: 'createProject' }] });
  });
});
