import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from '../client';
import type { Random } from '../random';
import { send } from '../send';
import type { LoadStage, Target } from '../stage';
import { Searchers } from '../workloads/searches';
import { WRONG_KEY } from './measure';
import { Writers } from '../workloads/records';

const UPLOAD = 'x'.repeat(64 * 1024);
const UPLOAD_NAMES = 50;
const SLOW_UPLOADS = 32;
const SLOW_BYTES = 1024 * 1024;
const TRICKLE_MS = 500;
const KEY_NEVER_MADE = 'zdb_chaos_this_key_was_never_made';
/** Of the requests of a flood: uploads, and those with a wrong key; the rest is what everybody does. */
const UPLOADS = 0.1;
const WRONG_KEYS = 0.2;

/** Somebody who writes, reads and searches, in the proportion of the rates. One call is one request. */
export class Crowd {
  private readonly mix: Random;
  private readonly writers: Writers;
  private readonly searchers: Searchers;

  constructor(protected readonly stage: LoadStage) {
    this.mix = stage.random.fork('mix');
    this.writers = new Writers(stage);
    this.searchers = new Searchers(stage);
  }

  async one(): Promise<void> {
    const { searches, writes, reads } = this.stage.rates;
    const drawn = this.mix.next() * (searches + writes + reads);
    if (drawn < searches) return await this.searchers.search();
    if (drawn < searches + writes) return await this.writers.write();
    await this.writers.read();
  }

  /** Holds what is held while requests run. Ends with the signal. */
  async hold(_signal: AbortSignal): Promise<void> {}
}

/** One who takes whatever there is: uploads, uploads that trickle, wrong keys. */
export class Flood extends Crowd {
  private readonly random: Random;
  private readonly stranger: Target;

  constructor(
    stage: LoadStage,
    private readonly url: string,
    private readonly key: string,
  ) {
    super(stage);
    this.random = stage.random.fork('flood');
    this.stranger = { name: 'stranger', client: new Client(url, KEY_NEVER_MADE), inRotation: true, isRunning: true };
  }

  override async one(): Promise<void> {
    const drawn = this.random.next();
    if (drawn < UPLOADS) return await this.upload();
    if (drawn < UPLOADS + WRONG_KEYS) return await this.guess();
    await super.one();
  }

  override async hold(signal: AbortSignal): Promise<void> {
    await Promise.all(Array.from({ length: SLOW_UPLOADS }, (_, index) => this.trickle(index, signal)));
  }

  private async upload(): Promise<void> {
    const path = `/v1/files/flood/f${this.random.between(0, UPLOAD_NAMES - 1)}`;
    await send(this.stage, { operation: 'upload' }, { method: 'PUT', path, text: UPLOAD });
  }

  private async guess(): Promise<void> {
    const asked = { ...this.stage, replicas: [this.stranger] };
    await send(asked, { operation: WRONG_KEY, accept: [401] }, { method: 'GET', path: '/v1/collections' });
  }

  /** A kibibyte now and then, of a file that never ends; begun again when it was refused. */
  private async trickle(index: number, signal: AbortSignal): Promise<void> {
    const headers = { authorization: `Bearer ${this.key}`, 'content-length': SLOW_BYTES };
    while (!signal.aborted) {
      const upload = request(`${this.url}/v1/files/flood/slow${index}`, { method: 'PUT', headers });
      let isOver = false;
      upload.once('close', () => (isOver = true)).once('error', () => (isOver = true));
      upload.once('response', (response) => response.resume().once('end', () => (isOver = true)));
      while (!isOver && !signal.aborted) {
        upload.write(UPLOAD.slice(0, 1024));
        await sleep(TRICKLE_MS);
      }
      upload.destroy();
    }
  }
}
