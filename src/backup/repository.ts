import { randomBytes } from 'node:crypto';
import { sha256Of } from '../common/sha256';
import { BackupDamaged, noBackup, otherVersion, wrongKey } from './faults';
import { deriveKeys } from './key';
import type { ObjectFolder } from './object-folder';
import { ChunkIndex, packBytes, readIndex, writeIndex, type PackEntry } from './pack-index';
import { NAME_BYTES, Sealer } from './sealer';
import { StoreLock } from './store-lock';
import { FORMAT, packJson, unpackJson, type Manifest, type Summary } from './summary';

const CONFIG = 'config/store';
const CHECK_VALUE = Buffer.from('zerodb backup store');
const ID = /^\d{8}T\d{9}Z-[0-9a-f]{6}$/;
const SIGNATURE_CHARACTERS = 64;

interface StoreConfig {
  readonly format: number;
  readonly encrypted: boolean;
  readonly salt: string;
  readonly check: string;
}

/** What is in the store and does not belong to a readable pack. */
export interface IndexFaults {
  readonly damaged: readonly string[];
  readonly withoutPack: readonly string[];
}

/** The backups in one place: chunks in packs, an index beside each pack, a manifest and a summary for each backup. */
export class BackupRepository {
  readonly index = new ChunkIndex();

  private constructor(
    readonly objects: ObjectFolder,
    readonly sealer: Sealer,
  ) {}

  /** Opens the store, or begins it with `create`. Throws where the key is not the one it was begun with. */
  static async open(
    objects: ObjectFolder,
    secret: string | undefined,
    { create = false }: { readonly create?: boolean } = {},
  ): Promise<BackupRepository> {
    const found = (await readConfig(objects)) ?? (create ? await begin(objects, secret) : undefined);
    if (!found) {
      // A bucket that does not exist cannot be listed.
      await mustBeNew(objects).catch((error: unknown) => {
        if (error instanceof BackupDamaged) throw error;
      });
      throw noBackup(`There are no backups in ${objects.location}.`);
    }
    return new BackupRepository(objects, await sealerFor(objects.location, found, secret));
  }

  lock(kind: 'shared' | 'exclusive'): Promise<StoreLock> {
    return StoreLock.take(this.objects, kind);
  }

  /** Learns which chunks the store has. Indexes that are damaged, or whose pack is gone or short, are left out and named. */
  async loadIndex(): Promise<IndexFaults> {
    const packs = new Map((await this.objects.list('packs')).map(({ name, size }) => [name, size]));
    const [damaged, withoutPack]: [string[], string[]] = [[], []];
    for (const { name } of await this.objects.list('index')) {
      const entries = readIndex((await this.objects.get(`index/${name}`)) ?? Buffer.alloc(0));
      if (!entries) damaged.push(name);
      else if (packs.get(name) !== packBytes(entries)) withoutPack.push(name);
      else this.index.add(name, entries);
    }
    return { damaged, withoutPack };
  }

  /** The pack first: an index never names what does not exist. Returns the bytes sent. */
  async putPack(pieces: readonly Buffer[], entries: readonly PackEntry[]): Promise<number> {
    const pack = Buffer.concat(pieces);
    const name = sha256Of(pack).toString('hex');
    const index = writeIndex(entries);
    await this.objects.put(`packs/${name}`, pack);
    await this.objects.put(`index/${name}`, index);
    this.index.add(name, entries);
    return pack.length + index.length;
  }

  /** The pack's bytes, unchecked; `undefined` when it is gone. */
  getPack(name: string): Promise<Buffer | undefined> {
    return this.objects.get(`packs/${name}`);
  }

  /** The manifest, then the summary: from then on the backup exists. Returns the bytes sent. */
  async save(manifest: Manifest, about: Omit<Summary, 'manifest_sha256'>): Promise<Summary> {
    const body = this.sealManifest(await packJson(manifest));
    await this.objects.put(`manifests/${about.id}`, body);
    const summary: Summary = { ...about, manifest_sha256: sha256Of(body).toString('hex') };
    const text = Buffer.from(JSON.stringify(summary));
    await this.objects.put(`backups/${about.id}`, Buffer.concat([Buffer.from(this.sealer.sign(text)), text]));
    return summary;
  }

  /** Names of the backups, the oldest first. */
  async ids(): Promise<string[]> {
    return (await this.objects.list('backups')).map(({ name }) => name).filter((name) => ID.test(name));
  }

  /** Throws `BackupDamaged` where it is not as it was signed. */
  async summary(id: string): Promise<Summary> {
    const bytes = ID.test(id) ? await this.objects.get(`backups/${id}`) : undefined;
    if (!bytes) throw noBackup(`There is no backup "${id}" in ${this.objects.location}. See: zerodb backup list`);
    const text = bytes.subarray(SIGNATURE_CHARACTERS);
    if (!this.sealer.isSigned(text, bytes.subarray(0, SIGNATURE_CHARACTERS).toString('latin1')))
      throw new BackupDamaged(`The summary backups/${id} is not as it was signed.`);
    const summary = JSON.parse(text.toString()) as Summary;
    if (summary.id !== id) throw new BackupDamaged(`The summary backups/${id} is that of the backup ${summary.id}.`);
    const format: number = summary.format;
    if (format !== FORMAT) throw otherVersion(`The backup ${id} has the format ${format}.`);
    return summary;
  }

  async manifest({ id, manifest_sha256: hash }: Summary): Promise<Manifest> {
    const bytes = await this.objects.get(`manifests/${id}`);
    if (!bytes) throw new BackupDamaged(`The manifest manifests/${id} is gone.`);
    if (sha256Of(bytes).toString('hex') !== hash)
      throw new BackupDamaged(`The manifest manifests/${id} has other bytes than were written.`);
    return (await unpackJson(this.openManifest(bytes))) as Manifest;
  }

  /** The summary first: what is no longer listed may lose its parts. */
  async removeBackup(id: string): Promise<void> {
    await this.objects.remove(`backups/${id}`);
    await this.objects.remove(`manifests/${id}`);
  }

  /** `latest` is the newest. */
  async resolve(id: string): Promise<string> {
    if (id !== 'latest') return id;
    const newest = (await this.ids()).at(-1);
    if (newest === undefined) throw noBackup(`There are no finished backups in ${this.objects.location}.`);
    return newest;
  }

  /** A manifest is larger than a chunk may be: its name stands before it. */
  private sealManifest(body: Buffer): Buffer {
    const name = this.sealer.nameOf(body);
    return Buffer.concat([name, this.sealer.seal(name, body, false)]);
  }

  private openManifest(bytes: Buffer): Buffer {
    return this.sealer.open(bytes.subarray(0, NAME_BYTES), bytes.subarray(NAME_BYTES));
  }
}

/** By time, so that names sort as backups follow each other, however soon. */
export const newBackupId = (at: Date): string =>
  `${at.toISOString().slice(0, 23).replace(/[-:.]/g, '')}Z-${randomBytes(3).toString('hex')}`;

async function readConfig(objects: ObjectFolder): Promise<StoreConfig | undefined> {
  const bytes = await objects.get(CONFIG);
  if (!bytes) return undefined;
  try {
    return JSON.parse(bytes.toString()) as StoreConfig;
  } catch (error) {
    throw new BackupDamaged(`${CONFIG} in ${objects.location} is damaged.`, error);
  }
}

/** With another salt no earlier backup could be read, even with the right key. */
async function mustBeNew(objects: ObjectFolder): Promise<void> {
  if ((await objects.list('backups')).length === 0) return;
  throw new BackupDamaged(
    `${objects.location} has backups, but ${CONFIG} is gone: without it their key cannot be used. Put a copy of it back, or use another place for new backups.`,
  );
}

/** Under an exclusive lock: two processes that begin one store would give it two salts. */
async function begin(objects: ObjectFolder, secret: string | undefined): Promise<StoreConfig> {
  await objects.prepare();
  const lock = await StoreLock.take(objects, 'exclusive');
  try {
    const there = await readConfig(objects);
    if (there) return there;
    await mustBeNew(objects);
    const salt = randomBytes(16);
    const sealer = await Sealer.with(secret === undefined ? undefined : await deriveKeys(secret, salt));
    const config: StoreConfig = {
      format: FORMAT,
      encrypted: sealer.isEncrypting,
      salt: salt.toString('base64'),
      check: sealer.sign(CHECK_VALUE),
    };
    await objects.put(CONFIG, Buffer.from(JSON.stringify(config)));
    return config;
  } finally {
    await lock.release();
  }
}

async function sealerFor(location: string, config: StoreConfig, secret: string | undefined): Promise<Sealer> {
  if (config.format !== FORMAT)
    throw otherVersion(`The backups in ${location} have the format ${config.format}; this version knows ${FORMAT}.`);
  if (config.encrypted && secret === undefined)
    throw wrongKey(`The backups in ${location} are encrypted. Set ZERODB_BACKUP_KEY, _KEY_FILE or _KEY_COMMAND.`);
  if (!config.encrypted && secret !== undefined)
    throw wrongKey(`The backups in ${location} are not encrypted. Use another place, or unset the key.`);
  const keys = secret === undefined ? undefined : await deriveKeys(secret, Buffer.from(config.salt, 'base64'));
  const sealer = await Sealer.with(keys);
  if (!sealer.isSigned(CHECK_VALUE, config.check))
    throw wrongKey(`The key of backups is not the one that the backups in ${location} were begun with.`);
  return sealer;
}
