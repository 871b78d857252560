import type { Copy } from '../../../followers/follower-target.port';

type CopyKey = Pick<Copy, 'collectionId' | 'epoch'>;

/** Without an underscore, so that the names of two installations never meet: `a_1_b` is epoch b of collection 1 of a. */
export const PREFIX_PATTERN = /^[a-z][a-z0-9-]{0,31}$/;

/** The names of one installation's collections in Qdrant. What is named otherwise is somebody else's. */
export class CopyNames {
  private readonly pattern: RegExp;

  constructor(private readonly prefix: string) {
    if (!PREFIX_PATTERN.test(prefix)) {
      throw new Error(
        `"${prefix}" is not a valid prefix: use lower-case letters, digits and hyphens, a letter first, at most 32.`,
      );
    }
    this.pattern = new RegExp(`^${prefix}_(\\d+)_([a-z0-9]+)$`);
  }

  of(copy: CopyKey): string {
    return `${this.prefix}_${copy.collectionId}_${copy.epoch}`;
  }

  /** The copy that has this name; `undefined` for a collection that is none of ours. */
  parse(name: string): CopyKey | undefined {
    const match = this.pattern.exec(name);
    return match?.[1] && match[2] ? { collectionId: Number(match[1]), epoch: match[2] } : undefined;
  }

  get mark(): string {
    return `${this.prefix}_mark`;
  }
}
