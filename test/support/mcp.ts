import path from 'node:path';
import { Client, StreamableHTTPClientTransport, type CallToolResult } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { PATIENT } from './http';

/** The revisions that clients speak: by a handshake, or by an envelope in each request. */
export const ERAS = ['2025-11-25', '2026-07-28'] as const;
export type Era = (typeof ERAS)[number];

export type Way = 'http' | 'stdio';

const CLI = path.join(__dirname, '..', '..', 'src', 'cli.js');

/** The official client, connected to a running server. */
export const connectMcp = async (url: string, key: string, era: Era, way: Way = 'http'): Promise<Client> => {
  const mode = era === '2026-07-28' ? { pin: era } : 'legacy';
  const client = new Client({ name: 'tests', version: '1.0.0' }, { versionNegotiation: { mode } });
  await client.connect(way === 'http' ? overHttp(url, key) : overStdio(url, key));
  return client;
};

const overHttp = (url: string, key: string): StreamableHTTPClientTransport =>
  new StreamableHTTPClientTransport(new URL(`${url}/mcp`), {
    requestInit: { headers: { authorization: `Bearer ${key}`, ...PATIENT } },
  });

const overStdio = (url: string, key: string): StdioClientTransport =>
  new StdioClientTransport({
    command: process.execPath,
    args: [CLI, 'mcp'],
    env: { PATH: process.env['PATH'] ?? '', ZERODB_URL: url, ZERODB_API_KEY: key },
  });

/** Calls a tool that is expected to do it, and gives what it found. */
export const use = async (
  client: Client,
  name: string,
  args: Record<string, unknown> = {},
): Promise<Record<string, unknown>> => {
  const result = await client.callTool({ name, arguments: args });
  if (result.isError) throw new Error(textOf(result));
  return result.structuredContent as Record<string, unknown>;
};

export const textOf = ({ content }: Pick<CallToolResult, 'content'>): string =>
  content.map((part) => (part.type === 'text' ? part.text : '')).join('\n');
