import { ServiceFault } from '../../src/common/service-fault';
import type { ProbeReport } from '../../src/registry/service';
import type { VirtualTime } from './virtual-time';

/** What is wrong with a simulated service for a while. */
export type Trouble =
  | { readonly kind: 'refused' | 'hang' | 'deaf_hang' | 'stalled' | 'unauthorised' | 'broken_writes' | 'emptied' }
  | { readonly kind: 'slow'; readonly ms: number }
  | { readonly kind: 'errors'; readonly share: number }
  | { readonly kind: 'throttled'; readonly retryAfterMs: number }
  | { readonly kind: 'flapping'; readonly upMs: number; readonly downMs: number };

export interface Episode {
  readonly from: number;
  readonly to: number;
  readonly trouble: Trouble;
}

type Asked = 'read' | 'write' | 'probe';

const fault = (kind: ServiceFault['kind'], options = {}) => new ServiceFault('qdrant', kind, `it is ${kind}`, options);

/** A service that has the troubles of its schedule, on a clock that the test owns. */
export class SimulatedService {
  /** Its data is gone until a recovery brings it back. */
  isEmpty = false;
  recoveries = 0;
  running = 0;
  probesRunning = 0;
  lastProbeAt = 0;

  constructor(
    private readonly time: VirtualTime,
    private readonly random: () => number,
    private readonly episodes: readonly Episode[],
    private readonly recovery: { readonly takesMs: number; readonly failsShare: number; readonly isDeaf: boolean },
  ) {}

  get trouble(): Trouble | undefined {
    const now = this.time.now();
    const trouble = this.episodes.find(({ from, to }) => now >= from && now < to)?.trouble;
    if (trouble?.kind !== 'flapping') return trouble;
    const start = this.episodes.find(({ from, to }) => now >= from && now < to)?.from ?? 0;
    const isDown = (now - start) % (trouble.upMs + trouble.downMs) < trouble.downMs;
    return isDown ? { kind: 'refused' } : undefined;
  }

  async probe(signal: AbortSignal): Promise<ProbeReport> {
    this.lastProbeAt = this.time.now();
    this.probesRunning += 1;
    try {
      await this.ask('probe', signal);
      return { version: '1' };
    } finally {
      this.probesRunning -= 1;
    }
  }

  async recover(signal: AbortSignal): Promise<void> {
    this.running += 1;
    this.recoveries += 1;
    try {
      await this.sleep(this.recovery.takesMs, this.recovery.isDeaf ? undefined : signal);
      if (this.random() < this.recovery.failsShare) throw fault('server_error');
      this.isEmpty = false;
    } finally {
      this.running -= 1;
    }
  }

  async ask(asked: Asked, signal: AbortSignal): Promise<void> {
    const { trouble } = this;
    if (trouble) await this.meet(trouble, asked, signal);
    else await this.sleep(1 + this.random() * 15, signal);
    if (this.isEmpty) throw fault('wrong_data');
  }

  private async meet(trouble: Trouble, asked: Asked, signal: AbortSignal): Promise<void> {
    switch (trouble.kind) {
      case 'refused':
        throw fault('refused');
      case 'hang':
        return this.sleep(Number.MAX_SAFE_INTEGER, signal);
      case 'deaf_hang':
        return this.sleep(5_000, undefined);
      case 'stalled':
        return this.sleep(3_000, signal);
      case 'slow':
        return this.sleep(trouble.ms * (0.9 + 0.2 * this.random()), signal);
      case 'emptied':
        this.isEmpty = true;
        return;
      case 'unauthorised':
        throw fault('unauthorised');
      case 'broken_writes':
        if (asked === 'write') throw fault('server_error');
        return this.sleep(5, signal);
      case 'errors':
        await this.sleep(5, signal);
        if (asked !== 'probe' && this.random() < trouble.share) throw fault('server_error');
        return;
      case 'throttled':
        if (asked !== 'probe') throw fault('throttled', { retryAfterMs: trouble.retryAfterMs });
        return this.sleep(5, signal);
      case 'flapping':
        return;
    }
  }

  private sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const stop = (): void => {
        callOff();
        reject(new DOMException('aborted', 'AbortError'));
      };
      const callOff = this.time.after(ms, () => {
        signal?.removeEventListener('abort', stop);
        resolve();
      });
      signal?.addEventListener('abort', stop, { once: true });
    });
  }
}
