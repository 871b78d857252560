import { execFile } from 'node:child_process';
import { scrypt } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { messageOf } from '../common/message-of';
import type { BackupSettings } from '../config';
import { wrongKey } from './faults';

export interface BackupKeys {
  readonly encrypt: Buffer;
  readonly name: Buffer;
  readonly sign: Buffer;
}

const MIN_CHARACTERS = 16;
const COMMAND_MS = 30_000;
const KEY_BYTES = 32;
/** About 0.1 s and 32 MiB: a passphrase must not be cheap to guess. */
const COST = { N: 2 ** 15, r: 8, p: 1, maxmem: 64 * 1024 * 1024 };

/** The secret of `ZERODB_BACKUP_KEY`, `_KEY_FILE` or `_KEY_COMMAND`; `undefined` without any. Throws where it cannot be read. */
export async function readSecret(settings: BackupSettings): Promise<string | undefined> {
  const { key, keyFile, keyCommand } = settings;
  if ([key, keyFile, keyCommand].filter((one) => one !== undefined).length > 1)
    throw wrongKey('Set one of ZERODB_BACKUP_KEY, ZERODB_BACKUP_KEY_FILE and ZERODB_BACKUP_KEY_COMMAND, not several.');
  const found = key ?? (await fromFile(keyFile)) ?? (await fromCommand(keyCommand));
  if (found === undefined) return undefined;
  const secret = found.replace(/\r?\n$/, '');
  if (secret.length < MIN_CHARACTERS)
    throw wrongKey(
      `The key of backups has fewer than ${MIN_CHARACTERS} characters. Make one with "openssl rand -base64 32".`,
    );
  return secret;
}

async function fromFile(file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined;
  return await readFile(file, 'utf8').catch((error: unknown) => {
    throw wrongKey(`The key of backups could not be read from ${file}: ${messageOf(error)}`);
  });
}

/** Its standard output is the key, its standard error goes into the message. */
async function fromCommand(command: string | undefined): Promise<string | undefined> {
  if (command === undefined) return undefined;
  try {
    const { stdout } = await promisify(execFile)('/bin/sh', ['-c', command], { timeout: COMMAND_MS });
    return stdout;
  } catch (error) {
    const { stderr = '' } = error as { stderr?: string };
    throw wrongKey(`The command of ZERODB_BACKUP_KEY_COMMAND failed: ${stderr.trim() || messageOf(error)}`);
  }
}

/** Three keys from one secret: none of them reveals another. */
export async function deriveKeys(secret: string, salt: Buffer): Promise<BackupKeys> {
  const bytes = await new Promise<Buffer>((resolve, reject) =>
    scrypt(secret, salt, 3 * KEY_BYTES, COST, (error, key) => (error ? reject(error) : resolve(key))),
  );
  const [encrypt, name, sign] = [0, 1, 2].map((at) => bytes.subarray(at * KEY_BYTES, (at + 1) * KEY_BYTES));
  return { encrypt: encrypt ?? bytes, name: name ?? bytes, sign: sign ?? bytes };
}
