import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { Database } from '../../database/database.port';
import { authConfig, type AuthSettings } from '../../config';
import { createRootKey, hashKey, isSameHash } from './api-key';

const SETTING = 'root_key_sha256';

/** The key that may do everything. Only its hash is stored. */
@Injectable()
export class RootKey {
  private hash: Buffer | undefined;

  constructor(
    private readonly database: Database,
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
    const inserted = await this.database.system.query(
      `insert into zerodb_settings (name, value) values ($1, to_jsonb($2::text)) on conflict (name) do nothing returning name`,
      [SETTING, hashKey(made).toString('hex')],
    );
    if (inserted.rowCount > 0) {
      this.hash = hashKey(made);
      return made;
    }
    const { rows } = await this.database.system.query<{ value: string }>(
      `select value from zerodb_settings where name = $1`,
      [SETTING],
    );
    this.hash = Buffer.from(rows[0]?.value ?? '', 'hex');
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
