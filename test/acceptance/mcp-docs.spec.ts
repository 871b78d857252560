import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Client } from '@modelcontextprotocol/client';
import { connectMcp, use } from '../support/mcp';
import { startServer, type TestServer } from '../support/server';
import { eventually } from '../support/eventually';

/** The examples of docs/mcp.md against a real server, in the order in which they stand there. */
const page = readFileSync(path.resolve('docs/mcp.md'), 'utf8');
const calls = [...page.matchAll(/<!-- (\w+) -->\n```json\n([^]*?)```\n```json\n([^]*?)```/g)].map(
  ([, tool = '', args = '', answer = '']) => ({ tool, args: json(args), answer: json(answer) }),
);
const commands = [...page.matchAll(/```sh\n([^]*?)```/g)].map(([, command = '']) => command);
const snippets = [...page.matchAll(/\*\*.*\n\n```json\n([^]*?)```/g)].map(([, snippet = '']) => json(snippet));

let server: TestServer;
let client: Client;
beforeAll(async () => {
  server = await startServer();
  client = await connectMcp(server.url, server.rootKey, '2026-07-28');
});
afterAll(async () => {
  await client.close();
  await server.stop();
});

it('has an example for most of the tools', () => {
  expect(calls).toHaveLength(12);
});

it('shows calls that do what it says', async () => {
  for (const { tool, args, answer } of calls) {
    // The model is loaded by the first call that needs it: on a slow processor a search is answered by words meanwhile.
    const isAsShown = ({ degraded }: Record<string, unknown>): boolean => degraded === answer['degraded'];
    const ask = (): Promise<Record<string, unknown>> => use(client, tool, args);
    expect('degraded' in answer ? await eventually(ask, isAsShown) : await ask()).toMatchObject(answer);
  }
});

it('shows commands that work', async () => {
  const env = { PATH: process.env.PATH, ZERODB_URL: server.url, ZERODB_API_KEY: server.rootKey };
  const answers: string[] = [];
  for (const command of commands) answers.push((await promisify(execFile)('bash', ['-c', command], { env })).stdout);
  expect(answers[0]).toContain('"key":"zdb_');
  expect(answers[1]).toContain('"name":"remember"');
});

it('shows configuration that clients can read', () => {
  expect(snippets).toHaveLength(3);
  for (const snippet of snippets)
    expect(Object.values(snippet)).toContainEqual(expect.objectContaining({ zerodb: expect.anything() as unknown }));
});

function json(text: string): Record<string, unknown> {
  return JSON.parse(text) as Record<string, unknown>;
}
