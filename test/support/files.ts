import { createHash, randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TestServer } from './server';

export type Bytes = Uint8Array<ArrayBuffer>;

export const randomContent = (size: number): Bytes => new Uint8Array(randomBytes(size));
export const sha256Hex = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

export interface ReadFile {
  readonly status: number;
  readonly sha256: string;
  readonly by: string | null;
  readonly degraded: string | null;
}

export interface FileFigures {
  readonly location: string;
  readonly sha256: string;
}

/** A user of a server's files, over HTTP. */
export class FilesClient {
  constructor(readonly server: TestServer) {}

  async call(method: string, path: string, body?: string | Bytes): Promise<Response> {
    const type = typeof body === 'string' ? 'application/json' : 'application/octet-stream';
    return fetch(`${this.server.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${this.server.rootKey}`, 'content-type': type },
      ...(body === undefined ? {} : { body }),
    });
  }

  async json<T>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await this.call(method, path, body === undefined ? undefined : JSON.stringify(body));
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return JSON.parse(text) as T;
  }

  /** Throws for anything but success. */
  async put(path: string, bytes: Bytes): Promise<FileFigures> {
    const answer = await this.call('PUT', `/v1/files/${path}`, bytes);
    const text = await answer.text();
    if (!answer.ok) throw new Error(`PUT ${path}: ${answer.status} ${text}`);
    return JSON.parse(text) as FileFigures;
  }

  async get(path: string): Promise<ReadFile> {
    const answer = await this.call('GET', `/v1/files/${path}`);
    const bytes = new Uint8Array(await answer.arrayBuffer());
    const header = (name: string): string | null => answer.headers.get(name);
    const [by, degraded] = [header('zerodb-served-by'), header('zerodb-degraded')];
    return { status: answer.status, sha256: sha256Hex(bytes), by, degraded };
  }

  async locations(bucket: string): Promise<string[]> {
    const { data } = await this.json<{ data: { location: string }[] }>('GET', `/v1/files/${bucket}?limit=100`);
    return data.map(({ location }) => location);
  }

  async until(what: string, holds: () => Promise<boolean>, limitMs = 60_000): Promise<void> {
    for (const end = Date.now() + limitMs; Date.now() < end; await sleep(250)) if (await holds()) return;
    throw new Error(`Not within ${limitMs} ms: ${what}\n${this.server.logs().slice(-2_000)}`);
  }

  async untilServiceIs(name: string, state: string, limitMs?: number): Promise<void> {
    const isSo = async (): Promise<boolean> =>
      (await this.json<{ state: string }>('GET', `/v1/services/${name}`)).state === state;
    await this.until(`${name} is ${state}`, isSo, limitMs);
  }
}
