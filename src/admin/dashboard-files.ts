import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { sha256Of } from '../common/sha256';

export type Encoding = 'br' | 'gzip';

/** A file of the built dashboard, as it is sent. */
export interface DashboardFile {
  readonly type: string;
  readonly bytes: Buffer;
  readonly etag: string;
  /** Whether its name changes with its content. */
  readonly isHashed: boolean;
  /** The same bytes, compressed when the dashboard was built. */
  readonly compressed: ReadonlyMap<Encoding, Buffer>;
}

const TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
};

const SUFFIXES: readonly (readonly [Encoding, string])[] = [
  ['br', '.br'],
  ['gzip', '.gz'],
];

/**
 * Every file below `folder`, read once, by its path with slashes; empty where the dashboard is not built. Requests are
 * answered from this map alone, so no path of theirs ever reaches the file system.
 */
export function readDashboard(folder: string): ReadonlyMap<string, DashboardFile> {
  if (!existsSync(folder)) return new Map();
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const served = names.filter((name) => path.extname(name) in TYPES);
  return new Map(served.map((name) => [name.split(path.sep).join('/'), read(folder, name)]));
}

function read(folder: string, name: string): DashboardFile {
  const file = path.join(folder, name);
  const bytes = readFileSync(file);
  const compressed = SUFFIXES.filter(([, suffix]) => existsSync(file + suffix));
  return {
    type: TYPES[path.extname(name)] ?? 'application/octet-stream',
    bytes,
    etag: `"${sha256Of(bytes).toString('base64url').slice(0, 22)}"`,
    isHashed: name.startsWith(`assets${path.sep}`),
    compressed: new Map(compressed.map(([encoding, suffix]) => [encoding, readFileSync(file + suffix)])),
  };
}

/** The best of what there is and the client takes. `accepted` is its `Accept-Encoding`. */
export function encodingFor({ compressed }: DashboardFile, accepted: string | undefined): Encoding | undefined {
  const refused = /;\s*q=0(\.0*)?\s*$/;
  const taken = (accepted ?? '').split(',').filter((part) => !refused.test(part));
  const names = new Set(taken.map((part) => part.split(';')[0]?.trim().toLowerCase()));
  return [...compressed.keys()].find((encoding) => names.has(encoding));
}
