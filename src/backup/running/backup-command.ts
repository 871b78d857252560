import { spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { ZeroDbError } from '../../common/errors';
import type { BackupProgress } from '../create';

const CLI = path.join(__dirname, '..', '..', 'cli.js');
const MAX_OUTPUT = 16 * 1024 * 1024;
const MAX_ERROR = 2_000;

export interface BackupCommandOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: BackupProgress) => void) | undefined;
}

/**
 * Runs `zerodb backup ARGS --json` with the settings of this process, and returns what it printed. A separate process: cutting,
 * compressing and encrypting would hold up the requests of this one. Throws what the command says went wrong.
 */
export async function runBackupCommand<T>(
  args: readonly string[],
  { signal, onProgress }: BackupCommandOptions = {},
): Promise<T> {
  const child = spawn(
    process.execPath,
    [CLI, 'backup', ...args, '--json', ...(onProgress ? ['--progress-lines'] : [])],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(signal ? { signal } : {}),
    },
  );
  const printed: Buffer[] = [];
  let size = 0;
  child.stdout.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size <= MAX_OUTPUT) printed.push(chunk);
  });
  const said: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => {
    const progress = progressIn(line);
    if (progress) onProgress?.(progress);
    else said.push(line);
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const answer = answerIn<T>(Buffer.concat(printed).toString());
  // Exit code 1 with an answer: it ran, and found something.
  if (answer !== undefined) return answer;
  const why = said.join('\n').slice(-MAX_ERROR) || `it ended with code ${code}`;
  throw new ZeroDbError('backup_failed', 500, `zerodb backup ${args[0] ?? ''}: ${why}`);
}

function progressIn(line: string): BackupProgress | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const value = JSON.parse(line) as Partial<BackupProgress>;
    return typeof value.bytes === 'number' && typeof value.now === 'string'
      ? { bytes: value.bytes, now: value.now }
      : undefined;
  } catch {
    return undefined;
  }
}

/** The answer of a command that ran; a problem is none. */
function answerIn<T>(text: string): T | undefined {
  try {
    const value = JSON.parse(text) as T & { readonly error?: unknown; readonly code?: unknown };
    return value.error === undefined && value.code === undefined ? value : undefined;
  } catch {
    return undefined;
  }
}
