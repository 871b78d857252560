/** A checksum that is computed as bytes stream through. */
export interface RunningChecksum {
  update(bytes: Buffer): void;
  /** Big endian. */
  digest(): Buffer;
}

/** The CRC of each byte, bit by bit, for a reflected polynomial of 32 bits. */
const table32 = (polynomial: number): Uint32Array =>
  Uint32Array.from({ length: 256 }, (_, byte) => {
    let crc = byte;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ polynomial : crc >>> 1;
    return crc;
  });

/** Castagnoli's polynomial; of `zlib` there is the other one alone. */
const CRC32C = table32(0x82f63b78);

export class Crc32c implements RunningChecksum {
  private crc = 0xffffffff;

  update(bytes: Buffer): void {
    let { crc } = this;
    for (const byte of bytes) crc = (CRC32C[(crc ^ byte) & 0xff] as number) ^ (crc >>> 8);
    this.crc = crc;
  }

  digest(): Buffer {
    const digest = Buffer.alloc(4);
    digest.writeUInt32BE((this.crc ^ 0xffffffff) >>> 0);
    return digest;
  }
}

/** NVMe's polynomial, reflected, in two halves: numbers are exact to 53 bits, and bigints are slow. */
const [HIGH_POLYNOMIAL, LOW_POLYNOMIAL] = [0x9a6c9329, 0xac4bc9b5];
const HIGH = new Uint32Array(256);
const LOW = new Uint32Array(256);
for (let byte = 0; byte < 256; byte += 1) {
  let [high, low] = [0, byte];
  for (let bit = 0; bit < 8; bit += 1) {
    const isOdd = (low & 1) === 1;
    low = (low >>> 1) | (high << 31);
    high >>>= 1;
    if (isOdd) [high, low] = [high ^ HIGH_POLYNOMIAL, low ^ LOW_POLYNOMIAL];
  }
  [HIGH[byte], LOW[byte]] = [high, low];
}

/** CRC-64/NVME, which newer clients of S3 send without being asked. */
export class Crc64Nvme implements RunningChecksum {
  private high = 0xffffffff;
  private low = 0xffffffff;

  update(bytes: Buffer): void {
    let { high, low } = this;
    for (const byte of bytes) {
      const at = (low ^ byte) & 0xff;
      low = ((low >>> 8) | (high << 24)) ^ (LOW[at] as number);
      high = (high >>> 8) ^ (HIGH[at] as number);
    }
    [this.high, this.low] = [high, low];
  }

  digest(): Buffer {
    const digest = Buffer.alloc(8);
    digest.writeUInt32BE((this.high ^ 0xffffffff) >>> 0);
    digest.writeUInt32BE((this.low ^ 0xffffffff) >>> 0, 4);
    return digest;
  }
}
