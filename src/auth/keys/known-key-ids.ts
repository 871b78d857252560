import { Injectable } from '@nestjs/common';
import { KeysRepository } from './keys.repository';

/** A key that was made by another replica is known here after so long. */
const FRESH_MS = 1_000;

/**
 * Which keys there are, by their ids alone. Read when an address tries too many wrong keys, and at most once a second
 * then: one statement, however many try.
 */
@Injectable()
export class KnownKeyIds {
  private ids: Promise<ReadonlySet<string>> = Promise.resolve(new Set());
  private readAt = -FRESH_MS;

  constructor(private readonly repository: KeysRepository) {}

  /** Whether there is such a key, revoked or not. `false` when Postgres is not there to ask. */
  async has(id: string): Promise<boolean> {
    const now = performance.now();
    if (now - this.readAt >= FRESH_MS) {
      this.readAt = now;
      this.ids = this.repository.ids();
    }
    return await this.ids.then(
      (ids) => ids.has(id),
      () => false,
    );
  }
}
