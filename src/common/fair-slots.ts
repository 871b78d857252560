interface Waiter {
  readonly enter: () => void;
}

/**
 * Lets so many run at once. Who waits is served in turn within a project; between projects, the one that runs the fewest
 * goes first. While somebody else waits, no project gets more than its part.
 */
export class FairSlots<K = number> {
  private running = 0;
  private readonly runningOf = new Map<K, number>();
  private readonly waitingOf = new Map<K, Set<Waiter>>();

  constructor(private readonly slots: number) {}

  /** Runs `work` in a slot. Rejects with the signal's reason when that ends the wait for one. */
  async run<T>(key: K, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    if (this.running < this.slots) this.start(key);
    else await this.waitForSlot(key, signal);
    try {
      return await work();
    } finally {
      this.release(key);
    }
  }

  private start(key: K): void {
    this.running += 1;
    this.runningOf.set(key, (this.runningOf.get(key) ?? 0) + 1);
  }

  private release(key: K): void {
    this.running -= 1;
    const left = (this.runningOf.get(key) ?? 1) - 1;
    if (left > 0) this.runningOf.set(key, left);
    else this.runningOf.delete(key);
    this.next();
  }

  private next(): void {
    let chosen: K | undefined;
    let fewest = Infinity;
    for (const key of this.waitingOf.keys()) {
      const running = this.runningOf.get(key) ?? 0;
      if (running < fewest) [chosen, fewest] = [key, running];
    }
    if (chosen === undefined) return;
    const [waiter] = this.waitingOf.get(chosen) ?? [];
    waiter?.enter();
  }

  private waitForSlot(key: K, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const queue = this.waitingOf.get(key) ?? new Set<Waiter>();
      const forget = (): void => {
        signal?.removeEventListener('abort', give);
        queue.delete(waiter);
        // Who is served goes behind the others: of two with equally many running, each has its turn.
        this.waitingOf.delete(key);
        if (queue.size > 0) this.waitingOf.set(key, queue);
      };
      const give = (): void => {
        forget();
        reject(signal?.reason as Error);
      };
      const enter = (): void => {
        forget();
        this.start(key);
        resolve();
      };
      const waiter: Waiter = { enter };
      if (signal?.aborted) return reject(signal.reason as Error);
      queue.add(waiter);
      this.waitingOf.set(key, queue);
      signal?.addEventListener('abort', give, { once: true });
    });
  }
}
