import { setTimeout as sleep } from 'node:timers/promises';
import { isServiceFault } from '../common/service-fault';
import type { FileStore, StoredObject } from '../files/file-store.port';

const ATTEMPTS = 5;
const FIRST_PAUSE_MS = 250;
const PAGE = 1_000;
const BASE_MS = 20_000;
const MS_PER_BYTE = 1 / 1_000;
/** Keeps the limit below what timers take. */
const MOST_BYTES = 2 ** 40;

/** The objects of a backup store, in one place of a file store. Every call has a time limit and is repeated after an outage. */
export class ObjectFolder {
  constructor(
    private readonly store: FileStore,
    /** Before every key; empty or ending in a slash. */
    private readonly prefix = '',
    /** How the user named the place. */
    readonly location = '',
    private readonly signal?: AbortSignal,
  ) {}

  async prepare(): Promise<void> {
    await this.call(0, (signal) => this.store.prepare(signal));
  }

  async put(key: string, bytes: Buffer): Promise<void> {
    await this.call(bytes.length, (signal) => this.store.put(this.prefix + key, bytes, signal));
  }

  /** All its bytes; `undefined` when there is no such object. Meant for objects of a few MiB. */
  async get(key: string): Promise<Buffer | undefined> {
    const size = await this.call(0, (signal) => this.store.stat(this.prefix + key, signal));
    if (size === undefined) return undefined;
    if (size === 0) return Buffer.alloc(0);
    return await this.call(size, async (signal) => {
      const bytes = await this.store.read(this.prefix + key, 0, size, signal);
      if (!bytes) return undefined;
      const pieces: Buffer[] = [];
      for await (const piece of bytes) pieces.push(piece);
      return Buffer.concat(pieces);
    });
  }

  async remove(key: string): Promise<void> {
    await this.call(0, (signal) => this.store.remove(this.prefix + key, signal));
  }

  /** All objects of one kind, with their names below it. */
  async list(kind: string): Promise<(StoredObject & { readonly name: string })[]> {
    const start = `${this.prefix}${kind}/`;
    const found: (StoredObject & { readonly name: string })[] = [];
    for (let after: string | undefined, more = true; more;) {
      const from = after;
      const page = await this.call(0, (signal) => this.store.list(start, { after: from, limit: PAGE }, signal));
      found.push(...page.objects.map((object) => ({ ...object, name: object.key.slice(start.length) })));
      after = page.next;
      more = after !== undefined;
    }
    return found;
  }

  /** The same place, for work that is also done after an interruption and within that time. */
  regardless(ms: number): ObjectFolder {
    return new ObjectFolder(this.store, this.prefix, this.location, AbortSignal.timeout(ms));
  }

  close(): void {
    this.store.close();
  }

  private async call<T>(bytes: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      this.signal?.throwIfAborted();
      try {
        return await work(this.limit(bytes));
      } catch (error) {
        this.signal?.throwIfAborted();
        if (attempt === ATTEMPTS || !mayPass(error)) throw error;
        await sleep(FIRST_PAUSE_MS * 2 ** attempt, undefined, { signal: this.signal });
      }
    }
  }

  private limit(bytes: number): AbortSignal {
    const late = AbortSignal.timeout(Math.ceil(BASE_MS + Math.min(bytes, MOST_BYTES) * MS_PER_BYTE));
    return this.signal ? AbortSignal.any([late, this.signal]) : late;
  }
}

/** A full store, a wrong key and a refused input stay what they are. */
const mayPass = (error: unknown): boolean =>
  isServiceFault(error) && !error.isFull && !['unauthorised', 'rejected', 'tls', 'incompatible'].includes(error.kind);
