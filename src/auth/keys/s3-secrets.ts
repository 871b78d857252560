import { createHmac, randomBytes } from 'node:crypto';
import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { outsideRequest } from '../../common/request-work';
import { authConfig, type AuthSettings } from '../../config';
import { SettingsRepository } from '../../database/settings.repository';

const SETTING = 'auth.s3_secret';

/** The secret access key of an API key, by the key's id and hash. */
export type SecretOf = (id: string, hash: Buffer) => string;

/**
 * Secret access keys for clients of S3. Their signatures can only be verified by who knows the secret, and of an API key a hash
 * alone is kept. So the secret is derived: an HMAC of the key's id and hash with a secret of the installation. It is not the
 * key and leads to no key; it ends with the key, and is not inherited by another one with the same id.
 */
@Injectable()
export class S3Secrets implements OnApplicationBootstrap {
  private stored: Promise<Buffer> | undefined;

  constructor(
    private readonly settings: SettingsRepository,
    @Inject(authConfig.KEY) private readonly auth: AuthSettings,
  ) {}

  /** Before Postgres may be unreachable: signatures are still verified then. */
  async onApplicationBootstrap(): Promise<void> {
    await this.secret();
  }

  async deriver(): Promise<SecretOf> {
    const secret = await this.secret();
    return (id, hash) =>
      createHmac('sha256', secret)
        .update(`zerodb s3 secret v1 ${id} ${Buffer.from(hash).toString('hex')}`)
        .digest('base64url');
  }

  /** All requests wait for the same reading: it must not end with the deadline of the one that began it. */
  private secret(): Promise<Buffer> {
    this.stored ??= outsideRequest(() => this.load()).catch((error: unknown) => {
      this.stored = undefined;
      throw error;
    });
    return this.stored;
  }

  /** Made once for all replicas. With a secret in the settings, a copy of the database does not suffice to derive any. */
  private async load(): Promise<Buffer> {
    await this.settings.insert(SETTING, randomBytes(32).toString('base64'));
    const stored = Buffer.from((await this.settings.find<string>(SETTING)) ?? '', 'base64');
    if (stored.length !== 32) throw new Error('The secret for clients of S3 could not be read.');
    const { s3Secret } = this.auth;
    return s3Secret === undefined ? stored : createHmac('sha256', stored).update(s3Secret).digest();
  }
}
