import { LRUCache } from 'lru-cache';
import { rateLimited } from '../../common/errors';
import type { Caller } from '../../common/scope';
import { TokenBuckets, type Rate } from './token-buckets';

export interface RequestRateSettings {
  readonly perSecond?: number | undefined;
  readonly burst?: number | undefined;
  readonly rootPerSecond?: number | undefined;
}

const DEFAULT: Rate = { perSecond: 2_000, burst: 4_000 };
const DEFAULT_ROOT: Rate = { perSecond: 20_000, burst: 40_000 };
/** Of its project's budget, what one key may use while another key of the project is in use. */
const KEY_SHARE = 0.75;
/** A project whose last request by another key is longer ago than this has one key. */
const SOLE_USER_MS = 10_000;
const MAX_PROJECTS = 10_000;

interface LastKey {
  readonly keyId: string;
  /** When a request came by another key than the one before. */
  readonly otherAt: number;
}

/**
 * How often may be asked: a budget for each project, whatever the number of its keys, and one for the root key. While
 * several keys of a project are in use, none of them may spend all of it.
 */
export class RequestRates {
  private readonly projects: TokenBuckets<number>;
  private readonly keys: TokenBuckets<string>;
  private readonly root: TokenBuckets<string>;
  private readonly lastKeys = new LRUCache<number, LastKey>({ max: MAX_PROJECTS });
  private readonly rate: Rate;
  private readonly rootRate: Rate;

  constructor(
    settings: RequestRateSettings,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.rate = projectRate(settings);
    this.rootRate = rootRate(settings, this.rate);
    this.projects = new TokenBuckets(this.rate, now);
    this.root = new TokenBuckets(this.rootRate, now);
    this.keys = new TokenBuckets(shareOf(this.rate), now);
  }

  /** Charges `count` requests. Throws `rate_limited`. The headers belong to the answer. */
  charge({ scope, keyId, isRoot }: Pick<Caller, 'scope' | 'keyId' | 'isRoot'>, count = 1): Record<string, string> {
    if (isRoot) return this.take(this.root, 'root', this.rootRate, count);
    const sharesIt = keyId !== null && this.projects.isOn && this.sharesProject(scope.projectId, keyId);
    if (sharesIt && !this.keys.take(keyId, count)) throw this.refusal(this.keys, keyId, this.rate, count);
    try {
      return this.take(this.projects, scope.projectId, this.rate, count);
    } catch (error) {
      if (sharesIt) this.keys.refund(keyId, count);
      throw error;
    }
  }

  private sharesProject(projectId: number, keyId: string): boolean {
    const last = this.lastKeys.get(projectId);
    if (last?.keyId === keyId) return this.now() - last.otherAt < SOLE_USER_MS;
    this.lastKeys.set(projectId, { keyId, otherAt: last ? this.now() : -SOLE_USER_MS });
    return last !== undefined;
  }

  private take<K>(buckets: TokenBuckets<K>, key: K, rate: Rate, count: number): Record<string, string> {
    if (!buckets.isOn) return NO_HEADERS;
    if (!buckets.take(key, count)) throw this.refusal(buckets, key, rate, count);
    return headersOf(rate, buckets.left(key));
  }

  private refusal<K>(buckets: TokenBuckets<K>, key: K, rate: Rate, count: number): Error {
    return rateLimited(Math.ceil(buckets.secondsUntil(key, count)), headersOf(rate, buckets.left(key)));
  }
}

const NO_HEADERS: Record<string, string> = {};

const projectRate = ({ perSecond, burst }: RequestRateSettings): Rate => ({
  perSecond: perSecond ?? DEFAULT.perSecond,
  burst: burst ?? (perSecond === undefined ? DEFAULT.burst : Math.max(1, perSecond)),
});

/** Whoever sets a limit for projects has always set it for the root key too. */
const rootRate = ({ perSecond, rootPerSecond }: RequestRateSettings, project: Rate): Rate => {
  if (rootPerSecond !== undefined) return { perSecond: rootPerSecond, burst: Math.max(1, 2 * rootPerSecond) };
  return perSecond === undefined ? DEFAULT_ROOT : project;
};

const shareOf = ({ perSecond, burst }: Rate): Rate => ({
  perSecond: perSecond * KEY_SHARE,
  burst: Math.max(1, burst * KEY_SHARE),
});

/** The `RateLimit-*` fields of the IETF's draft. */
const headersOf = ({ perSecond, burst }: Rate, left: number): Record<string, string> => ({
  'ratelimit-limit': String(burst),
  'ratelimit-remaining': String(Math.floor(left)),
  'ratelimit-reset': String(Math.ceil((burst - left) / perSecond)),
  'ratelimit-policy': `${burst};w=${Math.ceil(burst / perSecond)}`,
});
