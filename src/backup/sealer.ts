import { createCipheriv, createDecipheriv, createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { compressFrame, decompressFrame, prepareZstd } from '../files/blobs/zstd';
import { BackupDamaged } from './faults';
import type { BackupKeys } from './key';

/** A chunk's name: the start of a SHA-256. Two of 2^80 chunks would share one. */
export const NAME_BYTES = 20;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const RAW = 0;
const ZSTD = 1;
/** Frames are opened up to this size (see `decompressFrame`). */
const MAX_COMPRESSED = 1024 * 1024;

/**
 * Compresses, encrypts, names and signs. Without keys names and signatures are plain SHA-256: they find damage, but
 * anyone can write a valid backup.
 */
export class Sealer {
  private constructor(private readonly keys: BackupKeys | undefined) {}

  static async with(keys: BackupKeys | undefined): Promise<Sealer> {
    await prepareZstd();
    return new Sealer(keys);
  }

  get isEncrypting(): boolean {
    return this.keys !== undefined;
  }

  /** By content: equal contents have one name. With a key, nobody else can tell which contents are in the store. */
  nameOf(content: Buffer): Buffer {
    const hash = this.keys ? createHmac('sha256', this.keys.name) : createHash('sha256');
    return hash.update(content).digest().subarray(0, NAME_BYTES);
  }

  /** `compress` is false for what is compressed already. */
  seal(name: Buffer, content: Buffer, compress = true): Buffer {
    const small = compress && content.length <= MAX_COMPRESSED ? compressFrame(content) : undefined;
    const body =
      small && small.length < content.length
        ? Buffer.concat([Buffer.of(ZSTD), small])
        : Buffer.concat([Buffer.of(RAW), content]);
    return this.keys ? encrypt(this.keys.encrypt, name, body) : body;
  }

  /** Throws `BackupDamaged` for anything but the content of that name. */
  open(name: Buffer, sealed: Buffer): Buffer {
    const body = this.keys ? decrypt(this.keys.encrypt, name, sealed) : sealed;
    const content = body[0] === ZSTD ? decompressFrame(body.subarray(1)) : body.subarray(1);
    if (!content || !this.nameOf(content).equals(name))
      throw new BackupDamaged(`The chunk ${name.toString('hex')} has other bytes than were written.`);
    return content;
  }

  sign(bytes: Buffer): string {
    const hash = this.keys ? createHmac('sha256', this.keys.sign) : createHash('sha256');
    return hash.update(bytes).digest('hex');
  }

  isSigned(bytes: Buffer, signature: string): boolean {
    const [own, given] = [Buffer.from(this.sign(bytes)), Buffer.from(signature)];
    return own.length === given.length && timingSafeEqual(own, given);
  }
}

/** The name is authenticated too: a chunk in another's place is not accepted. */
function encrypt(key: Buffer, name: Buffer, body: Buffer): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  cipher.setAAD(name);
  return Buffer.concat([nonce, cipher.update(body), cipher.final(), cipher.getAuthTag()]);
}

function decrypt(key: Buffer, name: Buffer, sealed: Buffer): Buffer {
  try {
    const end = sealed.length - TAG_BYTES;
    const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE_BYTES), {
      authTagLength: TAG_BYTES,
    });
    decipher.setAAD(name);
    decipher.setAuthTag(sealed.subarray(end));
    return Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES, end)), decipher.final()]);
  } catch (error) {
    throw new BackupDamaged(`The chunk ${name.toString('hex')} has other bytes than were written.`, error);
  }
}
