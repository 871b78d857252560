import { writeFile } from 'node:fs/promises';
import path from 'node:path';

/** A jump of the wall clock in milliseconds, or one second back every 1.5 s. */
export type ClockJump = number | 'steps';

/**
 * What a replica loads first: `Date` is shifted as by a clock that is set by hand or by a broken time server. Timers and
 * the monotonic clock stay as they are, as they do in an operating system. The file beside it says by how much.
 */
const preload = (file: string): string => `
const { readFileSync } = require('node:fs');
const Real = Date;
let lookedAt = -Infinity;
let jump = '0';
let since = 0;
const look = () => {
  const now = performance.now();
  if (now - lookedAt < 100) return;
  lookedAt = now;
  let said = '0';
  try { said = readFileSync(${JSON.stringify(file)}, 'utf8').trim() || '0'; } catch {}
  if (said !== jump) since = now;
  jump = said;
};
const offset = () => {
  look();
  return jump === 'steps' ? -1000 * Math.floor((performance.now() - since) / 1500) : Number(jump);
};
globalThis.Date = class Date extends Real {
  constructor(...given) {
    if (given.length === 0) super(Real.now() + offset());
    else super(...given);
  }
  static now() { return Real.now() + offset(); }
};
`;

/** The wall clock of the replicas of one cell. */
export class ReplicaClock {
  private constructor(
    private readonly file: string,
    /** For `NODE_OPTIONS`. */
    readonly nodeOptions: string,
  ) {}

  static async create(folder: string): Promise<ReplicaClock> {
    const file = path.join(folder, 'clock');
    const script = path.join(folder, 'clock.cjs');
    await writeFile(script, preload(file));
    return new ReplicaClock(file, `--require=${JSON.stringify(script)}`);
  }

  async set(jump: ClockJump): Promise<void> {
    await writeFile(this.file, String(jump));
  }
}
