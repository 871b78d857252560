import { isIPv6 } from 'node:net';
import { Inject, Injectable } from '@nestjs/common';
import { rateLimited } from '../../common/errors';
import { rateLimitConfig, type RateLimitSettings } from '../../config';
import { TokenBuckets } from './token-buckets';

const MESSAGE = 'Too many requests with wrong API keys from this address; check the key, then try again.';

/** How many keys that are not known one address may try. */
@Injectable()
export class WrongKeys {
  private readonly tries: TokenBuckets<string>;

  constructor(
    @Inject(rateLimitConfig.KEY) { wrongKeysPerSecond: perSecond, wrongKeysBurst: burst }: RateLimitSettings,
  ) {
    this.tries = new TokenBuckets({ perSecond, burst });
  }

  /** Counts a try. `false` when there were too many; nobody is to look the key up then. */
  mayTry(address: string | undefined): boolean {
    return address === undefined || this.tries.take(networkOf(address));
  }

  /** The key was good after all. */
  wasGood(address: string | undefined): void {
    if (address !== undefined) this.tries.refund(networkOf(address));
  }

  /** The error for who tried too often. */
  refusal(address: string | undefined): Error {
    const seconds = address === undefined ? 1 : this.tries.secondsUntil(networkOf(address));
    return rateLimited(Math.max(1, Math.ceil(seconds)), {}, MESSAGE);
  }
}

/** One host has the whole of a /64. */
const networkOf = (address: string): string => {
  if (!isIPv6(address) || address.startsWith('::ffff:')) return address;
  const [head = '', tail = ''] = address.split('::');
  const groups = head === '' ? [] : head.split(':');
  const missing = address.includes('::') ? 8 - groups.length - (tail === '' ? 0 : tail.split(':').length) : 0;
  const all = [...groups, ...Array.from({ length: missing }, () => '0'), ...(tail === '' ? [] : tail.split(':'))];
  return all.slice(0, 4).join(':');
};
