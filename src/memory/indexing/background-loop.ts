/** Runs a piece of work over and over: at once while there is more, else each period, or when it is woken. */
export class BackgroundLoop {
  private isStopped = true;
  private isWoken = false;
  private running: Promise<void> = Promise.resolve();
  private wakeUp: () => void = () => undefined;

  /** `work` tells whether there may be more of it. What it throws is waited out: the next round tries again. */
  constructor(
    private readonly periodMs: number,
    private readonly work: () => Promise<boolean>,
  ) {}

  start(): void {
    this.isStopped = false;
    this.running = this.run();
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    this.wake();
    await this.running;
  }

  wake(): void {
    this.isWoken = true;
    this.wakeUp();
  }

  private async run(): Promise<void> {
    while (!this.stopped) {
      this.isWoken = false;
      const hasMore = await this.work().catch(() => false);
      if (!hasMore) await this.sleep();
    }
  }

  private get stopped(): boolean {
    return this.isStopped;
  }

  private async sleep(): Promise<void> {
    if (this.isWoken || this.isStopped) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, this.periodMs);
      this.wakeUp = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
