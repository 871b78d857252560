import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request as httpRequest, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { startServer, type TestServer } from '../support/server';

/**
 * The official conformance suite, in a process of its own, against the running product. It has no way to send a key: a
 * proxy on the same machine adds one, and changes nothing else.
 */
let server: TestServer;
let proxy: Server;
let folder: string;

beforeAll(async () => {
  server = await startServer();
  folder = mkdtempSync(path.join(tmpdir(), 'zerodb-conformance-'));
  proxy = createServer((incoming, outgoing) => {
    const headers = { ...incoming.headers, authorization: `Bearer ${server.rootKey}` };
    const options = { method: incoming.method, path: incoming.url, headers };
    const forwarded = httpRequest(server.url, options, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    forwarded.on('error', () => outgoing.destroy());
    outgoing.on('close', () => forwarded.destroy());
    incoming.pipe(forwarded);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  proxy.closeAllConnections();
  proxy.close();
  rmSync(folder, { recursive: true, force: true });
  await server.stop();
});

/** Scenarios for what any server has. All of their checks pass. */
const APPLYING: Readonly<Record<string, readonly string[]>> = {
  '2025-11-25': [
    'server-initialize',
    'server-session-lifecycle',
    'ping',
    'completion-complete',
    'tools-list',
    'server-sse-polling',
    'server-sse-multiple-streams',
    'resources-list',
    'prompts-list',
    'dns-rebinding-protection',
  ],
  '2026-07-28': [
    'server-stateless',
    'completion-complete',
    'tools-list',
    'server-sse-multiple-streams',
    'resources-list',
    'sep-2164-resource-not-found',
    'prompts-list',
    'dns-rebinding-protection',
    'caching',
    'http-header-validation',
    'input-required-result-unsupported-methods',
    'input-required-result-ignore-extra-params',
    'input-required-result-missing-input-response',
    'input-required-result-validate-input',
  ],
};

/** Single checks of these scenarios that ask for a tool of the suite's own demonstration server. */
const NEEDS_A_DEMONSTRATION_TOOL = /^Not testable: .*'test_\w+'/;

/** Scenarios of the suite that ask for tools, resources or prompts called `test_…`, and are failed without them. */
const DEMONSTRATION = [
  'tools-call-',
  'resources-read-',
  'resources-templates-read',
  'prompts-get-',
  'elicitation-',
  'input-required-result-',
  'json-schema-2020-12',
  'http-custom-header-server-validation',
  'logging-set-level',
  'resources-subscribe',
  'resources-unsubscribe',
];

interface Check {
  readonly id: string;
  readonly status: string;
  readonly errorMessage?: string;
}

it.each(Object.keys(APPLYING))(
  'passes every scenario of %s that applies',
  async (revision) => {
    const results = await conformance(revision);
    const failed = [...results].flatMap(([scenario, checks]) =>
      checks.filter(isFailed).map((check) => ({ scenario, ...check })),
    );
    const applying = APPLYING[revision] ?? [];
    expect(failed.filter(({ scenario }) => applying.includes(scenario))).toEqual([]);
    // A scenario that nobody has thought about is not passed over in silence.
    const others = [...results.keys()].filter((scenario) => !applying.includes(scenario));
    expect(others.filter((scenario) => !DEMONSTRATION.some((prefix) => scenario.startsWith(prefix)))).toEqual([]);
    expect(applying.filter((scenario) => !results.has(scenario))).toEqual([]);
  },
  120_000,
);

/** The suite is a program: its package exports nothing that could be resolved by name. */
const suiteFile = (): string => {
  const file = path.join('@modelcontextprotocol', 'conformance', 'dist', 'index.js');
  const places = (require.resolve.paths('x') ?? []).map((folder) => path.join(folder, file));
  const found = places.find((place) => existsSync(place));
  if (!found) throw new Error('@modelcontextprotocol/conformance is not installed.');
  return found;
};

const isFailed = ({ status, errorMessage = '' }: Check): boolean =>
  status === 'FAILURE' && !NEEDS_A_DEMONSTRATION_TOOL.test(errorMessage);

/** Runs all scenarios of a revision; gives the checks of each. */
const conformance = async (revision: string): Promise<Map<string, Check[]>> => {
  const output = path.join(folder, revision);
  const { port } = proxy.address() as AddressInfo;
  const args = [
    'server',
    '--url',
    `http://127.0.0.1:${port}/mcp`,
    '--spec-version',
    revision,
    '--suite',
    'all',
    '-o',
    output,
  ];
  const child = spawn(process.execPath, ['--import', withGlobSync(), suiteFile(), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [log] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const folders = existsSync(output) ? readdirSync(output) : [];
  if (folders.length === 0) throw new Error(`The conformance suite left no results:\n${log}`);
  return new Map(folders.map((name) => [scenarioOf(name), checksIn(path.join(output, name))]));
};

const scenarioOf = (name: string): string => name.replace(/^server-/, '').replace(/-\d{4}-\d\d-\d\dT[\d-]+Z$/, '');

const checksIn = (name: string): Check[] => JSON.parse(readFileSync(path.join(name, 'checks.json'), 'utf8')) as Check[];

/** The suite imports a function of Node 22 that none of these scenarios calls: older ones get an empty one. */
const withGlobSync = (): string => {
  const fs = `data:text/javascript,${encodeURIComponent(
    "import fs from 'node:fs'; export * from 'node:fs'; export const globSync = fs.globSync ?? (() => []); export default fs;",
  )}`;
  const hooks = `data:text/javascript,${encodeURIComponent(
    `export const resolve = (name, context, next) =>
      name === 'fs' && context.parentURL?.includes('/conformance/') ? { url: ${JSON.stringify(fs)}, shortCircuit: true } : next(name, context);`,
  )}`;
  const file = path.join(folder, 'glob-sync.mjs');
  writeFileSync(file, `import { register } from 'node:module';\nregister(${JSON.stringify(hooks)});\n`);
  return pathToFileURL(file).href;
};
