import { access, constants, readFile, stat, statfs, unlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { messageOf } from '../../common/message-of';
import { leafOf } from '../../common/tls';
import type { Configuration } from '../../config/configuration';
import { formatBytes, formatCount } from '../output/format';
import { fault, ok, skipped, warning, type Finding } from './finding';

const LEAST_NODE = [20, 19] as const;
const MIB = 1024 * 1024;
/** What one process holds after the first embedding, with room for requests (docs/benchmarks.md). */
const LEAST_MEMORY = 768 * MIB;
const WARN_FREE_SHARE = 0.1;
const WARN_FREE = 1024 * MIB;
const FAULT_FREE = 256 * MIB;
/** Files, connections to services and sockets that listen. */
const OTHER_DESCRIPTORS = 512;
const DAY_MS = 86_400_000;
const WARN_DAYS = 30;

/** What this machine says, without any service. */
export async function machineFindings(settings: Configuration): Promise<readonly Finding[]> {
  return [
    nodeFinding(process.versions.node),
    memoryFinding(),
    await descriptorFinding(settings.admission.maxConnections),
    ...(await folderFindings(settings)),
    await certificateFinding(settings.tls.certFile),
    exposureFinding(settings),
  ];
}

export function nodeFinding(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > LEAST_NODE[0] || (major === LEAST_NODE[0] && minor >= LEAST_NODE[1])) return ok('node', version);
  return fault('node', `${version} is too old`, `Install Node ${LEAST_NODE.join('.')} or newer.`);
}

function memoryFinding(): Finding {
  // 0 where nothing limits the process; some kernels report a number beyond all memory.
  const limit = process.constrainedMemory();
  const bytes = limit > 0 ? Math.min(limit, os.totalmem()) : os.totalmem();
  if (bytes >= LEAST_MEMORY) return ok('memory', formatBytes(bytes));
  return warning('memory', `${formatBytes(bytes)} for this process`, `Allow it ${formatBytes(LEAST_MEMORY)} or more.`);
}

async function descriptorFinding(maxConnections: number): Promise<Finding> {
  const limits = await readFile('/proc/self/limits', 'utf8').catch(() => undefined);
  const soft = /^Max open files {1,64}(\w{1,20})/m.exec(limits ?? '')?.[1];
  if (soft === undefined) return skipped('file_descriptors', 'this system does not say how many there may be');
  if (soft === 'unlimited') return ok('file_descriptors', soft);
  const wanted = maxConnections + OTHER_DESCRIPTORS;
  if (Number(soft) >= wanted) return ok('file_descriptors', formatCount(Number(soft)));
  return warning(
    'file_descriptors',
    `${formatCount(Number(soft))}, fewer than ZERODB_MAX_CONNECTIONS (${formatCount(maxConnections)}) needs`,
    `Raise the limit to ${wanted} (ulimit -n, LimitNOFILE), or lower ZERODB_MAX_CONNECTIONS.`,
  );
}

/** The folders that these settings use, by name. What is within the data folder is checked with it. */
const foldersOf = ({ database, files, s3 }: Configuration): (readonly [string, string])[] => {
  const { dataDir } = database;
  const named = [
    ...(s3.endpoint === undefined ? [['files_folder', files.dir] as const] : []),
    ...(files.mirror === 'filesystem' ? [['mirror_folder', files.mirrorDir] as const] : []),
  ];
  return [['data_folder', dataDir], ...named.filter(([, folder]) => path.relative(dataDir, folder).startsWith('..'))];
};

async function folderFindings(settings: Configuration): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const [name, folder] of foldersOf(settings)) findings.push(...(await folderFinding(name, folder)));
  return findings;
}

/** A folder, or where it would be made: whether it can be written to, who may read it, and how much room there is. */
export async function folderFinding(name: string, folder: string): Promise<Finding[]> {
  const found = await existing(folder);
  try {
    if (found === folder) await tryWriting(folder);
    else await access(found, constants.W_OK | constants.X_OK);
  } catch (error) {
    const who = `the user of this process (uid ${process.getuid?.() ?? '?'})`;
    return [
      fault(
        name,
        `${folder} cannot be written to: ${messageOf(error)}`,
        `Let ${who} write there, or name another folder.`,
      ),
    ];
  }
  const state =
    found === folder ? await permissionFinding(name, folder) : ok(name, `${folder} will be made at the start`);
  return [state, await roomFinding(`${name}.free`, found)];
}

/** The folder, or its nearest parent that exists. */
async function existing(folder: string): Promise<string> {
  for (let place = folder; ; place = path.dirname(place)) {
    const isFound = await stat(place).then(
      () => true,
      () => false,
    );
    if (isFound || place === path.dirname(place)) return place;
  }
}

async function tryWriting(folder: string): Promise<void> {
  const file = path.join(folder, `.doctor-${process.pid}-${Date.now()}`);
  await writeFile(file, 'zerodb doctor', { flag: 'wx', mode: 0o600 });
  await unlink(file);
}

async function permissionFinding(name: string, folder: string): Promise<Finding> {
  const { mode } = await stat(folder);
  if ((mode & 0o007) === 0) return ok(name, folder);
  return warning(name, `${folder} is open to every user of this machine`, `Run: chmod 700 ${folder}`);
}

async function roomFinding(name: string, folder: string): Promise<Finding> {
  const { bavail, blocks, bsize } = await statfs(folder);
  const free = bavail * bsize;
  const share = blocks === 0 ? 1 : bavail / blocks;
  const shown = `${formatBytes(free)} free (${Math.round(share * 100)} %)`;
  if (free < FAULT_FREE) return fault(name, shown, 'Make room: writes fail when the disk is full.');
  if (free < WARN_FREE || share < WARN_FREE_SHARE) return warning(name, shown, 'Make room, or enlarge the disk.');
  return ok(name, shown);
}

/** Read from the file: the server may not run. */
async function certificateFinding(file: string | undefined): Promise<Finding> {
  if (file === undefined) return skipped('tls.certificate', 'ZERODB_TLS_CERT_FILE is not set');
  try {
    return expiryFinding(new Date(leafOf(await readFile(file, 'utf8')).validTo), new Date());
  } catch (error) {
    return fault('tls.certificate', `${file}: ${messageOf(error)}`, 'Put a certificate in PEM there.');
  }
}

export function expiryFinding(expires: Date, now: Date): Finding {
  const days = Math.floor((expires.getTime() - now.getTime()) / DAY_MS);
  const detail = `until ${expires.toISOString()}, ${days} days`;
  const advice = 'Renew it and replace the files: a running server reads them again.';
  if (days < 0) return fault('tls.certificate', `expired: ${detail}`, advice);
  return days < WARN_DAYS ? warning('tls.certificate', detail, advice) : ok('tls.certificate', detail);
}

const LOOPBACK = new Set(['127.0.0.1', '::1', 'localhost']);

function exposureFinding({ server, tls }: Configuration): Finding {
  if (LOOPBACK.has(server.host)) return ok('tls.exposure', `listens on ${server.host} alone`);
  if (tls.certFile !== undefined) return ok('tls.exposure', `listens on ${server.host}, with TLS`);
  return warning(
    'tls.exposure',
    `listens on ${server.host} without TLS: keys and data are readable on the way`,
    'Set ZERODB_TLS_CERT_FILE and ZERODB_TLS_KEY_FILE, or let a proxy beside it end TLS.',
  );
}
