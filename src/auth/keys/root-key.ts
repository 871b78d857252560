import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { SettingsRepository } from '../../database/settings.repository';
import { authConfig, type AuthSettings } from '../../config';
import { createRootKey, hashKey, isSameHash } from './api-key';

const SETTING = 'root_key_sha256';

/** The key that may do everything. Only its hash is stored. */
@Injectable()
export class RootKey {
  private hash: Buffer | undefined;

  constructor(
    private readonly stored: SettingsRepository,
    @Inject(authConfig.KEY) private readonly settings: AuthSettings,
  ) {}

  /** Returns the key when it was made just now, which is the only time it can be shown. */
  async prepare(): Promise<string | undefined> {
    const configured = this.settings.rootKey;
    if (configured !== undefined) {
      this.hash = hashKey(configured);
      return undefined;
    }
    const made = createRootKey();
    // Two processes may start at once on one server: the first one's key counts, the second learns its hash.
    if (await this.stored.insert(SETTING, hashKey(made).toString('hex'))) {
      this.hash = hashKey(made);
      return made;
    }
    this.hash = Buffer.from((await this.stored.find<string>(SETTING)) ?? '', 'hex');
    return undefined;
  }

  /** Tells this root key from others, and nothing else of it. */
  get fingerprint(): string {
    return createHash('sha256')
      .update('zerodb root key ')
      .update(this.hash ?? '')
      .digest('hex')
      .slice(0, 32);
  }

  isRoot(hash: Buffer): boolean {
    return this.hash !== undefined && isSameHash(this.hash, hash);
  }
}
