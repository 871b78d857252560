import { spawn, type ChildProcess } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startServer, type TestServer } from '../support/server';
import { describeWith } from '../support/services';
import { eventually } from '../support/eventually';
import { programNamed, projectRoot, seriesNames } from '../support/stack-files';

interface Vector {
  readonly data: {
    readonly result: readonly { readonly metric: Record<string, string>; readonly value: [number, string] }[];
  };
}

/** Real: the product and a Prometheus that scrapes it with the stack's rules. */
describeWith(programNamed('prometheus'))('Prometheus', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'zerodb-prometheus-'));
  let server: TestServer;
  let prometheus: ChildProcess;
  let url: string;

  beforeAll(async () => {
    server = await startServer();
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    cpSync(path.join(projectRoot(), 'deploy/prometheus/rules.yml'), path.join(folder, 'rules.yml'));
    writeFileSync(path.join(folder, 'prometheus.yml'), configurationFor(new URL(server.url).host));
    const data = path.join(folder, 'data');
    prometheus = spawn(
      programNamed('prometheus') ?? '',
      [
        `--config.file=${folder}/prometheus.yml`,
        `--storage.tsdb.path=${data}`,
        `--web.listen-address=127.0.0.1:${port}`,
      ],
      { stdio: 'ignore' },
    );
  });

  afterAll(async () => {
    const ended = new Promise((resolve) => prometheus.once('exit', resolve));
    prometheus.kill('SIGTERM');
    await ended;
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const ask = async (query: string): Promise<Vector['data']['result']> => {
    const answer = await fetch(`${url}/api/v1/query?query=${encodeURIComponent(query)}`).catch(() => undefined);
    return answer?.ok ? ((await answer.json()) as Vector).data.result : [];
  };

  it('scrapes the product and takes every line of it', async () => {
    const [up] = await eventually(
      () => ask('up{job="zerodb"} == 1'),
      (result) => result.length === 1,
      60_000,
    );
    expect(up?.metric.job).toBe('zerodb');
    const [ready] = await eventually(
      () => ask('zerodb_ready'),
      (result) => result.length === 1,
    );
    expect(ready?.value[1]).toBe('1');
    const states = await ask('zerodb_service_state{service="postgres"} == 1');
    expect(states.map(({ metric }) => metric.state)).toEqual(['up']);
  });

  it('knows no series that the docs do not', async () => {
    const answer = await fetch(`${url}/api/v1/label/__name__/values`);
    const { data } = (await answer.json()) as { data: string[] };
    const ours = data.filter((name) => name.startsWith('zerodb_'));
    expect(ours.length).toBeGreaterThan(20);
    expect(ours.filter((name) => !seriesNames().has(name))).toEqual([]);
  });

  it('runs the rules, and none of them fires on a healthy product', async () => {
    const answer = await fetch(`${url}/api/v1/rules`);
    const { data } = (await answer.json()) as {
      data: { groups: { rules: { name: string; health: string; state: string }[] }[] };
    };
    const rules = data.groups.flatMap((group) => group.rules);
    expect(rules.length).toBeGreaterThan(10);
    expect(rules.filter(({ health }) => health === 'err')).toEqual([]);
    expect(rules.filter(({ state }) => state === 'firing')).toEqual([]);
  });
});

const configurationFor = (target: string): string => `global: { scrape_interval: 1s, evaluation_interval: 1s }
rule_files: [rules.yml]
scrape_configs:
  - job_name: zerodb
    static_configs: [{ targets: ['${target}'] }]
`;

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });
