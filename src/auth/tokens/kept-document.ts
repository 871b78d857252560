/** The provider may change it: so old it is read again, while the old one serves. */
const REFRESH_MS = 10 * 60_000;
/** So long the old one serves while the provider cannot be reached. */
const KEPT_MS = 24 * 60 * 60_000;
/** Between two attempts that a token may cause: anybody can make such tokens. */
export const COOLDOWN_MS = 5_000;
/** After the first failure; doubled by each further one. */
const RETRY_MS = 1_000;
const MAX_RETRY_MS = 60_000;

/** A document of a provider: read by the first who needs it, again when it is old, and kept while the provider is gone. */
export class KeptDocument<T> {
  private value: T | undefined;
  private loadedAt = Number.NEGATIVE_INFINITY;
  private triedAt = Number.NEGATIVE_INFINITY;
  private failures = 0;
  private lastFault: unknown;
  private loading: Promise<T> | undefined;

  constructor(
    private readonly load: () => Promise<T>,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Rejects with the last fault while there is none. */
  async current(): Promise<T> {
    const age = this.now() - this.loadedAt;
    if (this.value !== undefined && age < KEPT_MS) {
      if (age >= REFRESH_MS && this.mayTry()) void this.reload().catch(() => undefined);
      return this.value;
    }
    if (!this.loading && !this.mayTry()) throw this.lastFault;
    return await this.reload();
  }

  /** Reads it again, because the current one lacks something; `undefined` when that was tried just now, or fails. */
  async newer(): Promise<T | undefined> {
    if (!this.loading && !(this.mayTry() && this.now() - this.triedAt >= COOLDOWN_MS)) return undefined;
    return await this.reload().catch(() => undefined);
  }

  private mayTry(): boolean {
    const waitMs = this.failures === 0 ? 0 : Math.min(MAX_RETRY_MS, RETRY_MS * 2 ** (this.failures - 1));
    return this.now() - this.triedAt >= waitMs;
  }

  /** Requests that come at once read it once. */
  private reload(): Promise<T> {
    this.loading ??= this.read().finally(() => (this.loading = undefined));
    return this.loading;
  }

  private async read(): Promise<T> {
    this.triedAt = this.now();
    try {
      this.value = await this.load();
      this.loadedAt = this.now();
      this.failures = 0;
      return this.value;
    } catch (error) {
      this.failures += 1;
      this.lastFault = error;
      throw error;
    }
  }
}
