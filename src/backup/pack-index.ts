import { sha256Of } from '../common/sha256';
import { NAME_BYTES } from './sealer';

/** Where a chunk lies. */
export interface ChunkPlace {
  readonly pack: string;
  readonly offset: number;
  readonly length: number;
}

export interface PackEntry {
  readonly name: Buffer;
  readonly length: number;
}

const MAGIC = Buffer.from('ZBI1');
const LENGTH_BYTES = 4;
const ENTRY_BYTES = NAME_BYTES + LENGTH_BYTES;
const HASH_BYTES = 32;

/** The chunks of one pack in their order: a name and a length each, and a SHA-256 over all. */
export function writeIndex(entries: readonly PackEntry[]): Buffer {
  const parts = entries.map(({ name, length }) => {
    const size = Buffer.alloc(LENGTH_BYTES);
    size.writeUInt32LE(length);
    return Buffer.concat([name, size]);
  });
  const body = Buffer.concat([MAGIC, ...parts]);
  return Buffer.concat([body, sha256Of(body)]);
}

/** `undefined` for anything but an undamaged index. */
export function readIndex(bytes: Buffer): PackEntry[] | undefined {
  const end = bytes.length - HASH_BYTES;
  const body = bytes.subarray(0, Math.max(0, end));
  if (end < MAGIC.length || !body.subarray(0, MAGIC.length).equals(MAGIC)) return undefined;
  if (!sha256Of(body).equals(bytes.subarray(end))) return undefined;
  const entries: PackEntry[] = [];
  for (let at = MAGIC.length; at + ENTRY_BYTES <= end; at += ENTRY_BYTES) {
    const name = body.subarray(at, at + NAME_BYTES);
    entries.push({ name, length: body.readUInt32LE(at + NAME_BYTES) });
  }
  return entries;
}

/** One Map or Set takes 2^24 entries at most. By the first byte of their names, which are hashes, chunks spread evenly. */
const SHARDS = 256;

/** Names of chunks, each once. */
export class NameSet {
  private readonly shards = Array.from({ length: SHARDS }, () => new Set<string>());

  has(name: Buffer): boolean {
    return this.of(name).has(name.toString('latin1'));
  }

  /** Returns whether it is new. */
  add(name: Buffer): boolean {
    if (this.has(name)) return false;
    this.of(name).add(name.toString('latin1'));
    return true;
  }

  private of(name: Buffer): Set<string> {
    return this.shards[name[0] ?? 0] as Set<string>;
  }
}

/** The chunks that the store has. About 100 bytes of memory for each. */
export class ChunkIndex {
  private readonly shards = Array.from({ length: SHARDS }, () => new Map<string, number>());
  private readonly packs: string[] = [];
  private readonly packOf: number[] = [];
  private readonly offsets: number[] = [];
  private readonly lengths: number[] = [];

  get size(): number {
    return this.offsets.length;
  }

  get packCount(): number {
    return this.packs.length;
  }

  has(name: Buffer): boolean {
    return this.of(name).has(name.toString('latin1'));
  }

  find(name: Buffer): ChunkPlace | undefined {
    const number = this.of(name).get(name.toString('latin1'));
    if (number === undefined) return undefined;
    const [pack, offset, length] = [this.packs[this.packOf[number] ?? 0], this.offsets[number], this.lengths[number]];
    return pack === undefined || offset === undefined || length === undefined ? undefined : { pack, offset, length };
  }

  add(pack: string, entries: readonly PackEntry[]): void {
    const number = this.packs.push(pack) - 1;
    let offset = 0;
    for (const { name, length } of entries) {
      const key = name.toString('latin1');
      const numbers = this.of(name);
      if (!numbers.has(key)) {
        numbers.set(key, this.offsets.length);
        this.packOf.push(number);
        this.offsets.push(offset);
        this.lengths.push(length);
      }
      offset += length;
    }
  }

  private of(name: Buffer): Map<string, number> {
    return this.shards[name[0] ?? 0] as Map<string, number>;
  }
}

/** The bytes of a pack with these entries. */
export const packBytes = (entries: readonly PackEntry[]): number =>
  entries.reduce((sum, { length }) => sum + length, 0);
