import { Aborted } from './http-exchange';

/**
 * So many at once, the others in turn. undici has a queue too, but whoever gives up in it still takes a connection when
 * it is his turn, and breaks it: after a hundred calls that hung, the next one would wait for a hundred connections.
 */
export class Slots {
  private readonly waiting = new Set<() => void>();

  constructor(private free: number) {}

  /** Runs `task` in a slot. Rejects with `Aborted` when the signal ends the wait for one. */
  async run<T>(task: () => Promise<T>, signal: AbortSignal): Promise<T> {
    if (this.free > 0) this.free -= 1;
    else await this.turn(signal);
    try {
      return await task();
    } finally {
      this.pass();
    }
  }

  /** The slot goes straight to the next in line. */
  private pass(): void {
    const [next] = this.waiting;
    if (next) next();
    else this.free += 1;
  }

  private turn(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) {
        reject(new Aborted(signal.reason));
        return;
      }
      const onAbort = (): void => {
        this.waiting.delete(enter);
        reject(new Aborted(signal.reason));
      };
      const enter = (): void => {
        this.waiting.delete(enter);
        signal.removeEventListener('abort', onAbort);
        resolve();
      };
      this.waiting.add(enter);
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }
}
