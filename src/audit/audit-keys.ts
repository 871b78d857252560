import { createHmac, createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { outsideRequest } from '../common/request-work';
import { SettingsRepository } from '../database/settings.repository';
import { keyIdOf, statementOf, textOfKey, type Statement } from './chain/statement';

const SETTING = 'audit.key';

interface StoredKey {
  /** Ed25519, PKCS 8, DER, base64. */
  readonly private: string;
}

/** What the installation signs its audit log with. */
export interface SigningKeys {
  /** Ed25519, SPKI, DER, base64. */
  readonly publicKey: string;
  readonly keyId: string;
  readonly sign: (statement: Statement) => Buffer;
  readonly macKey: Buffer;
  /** A keyed hash of a name, short enough to read. Nobody can try names without the key. */
  readonly hidden: (project: number, name: string) => string;
}

/** The installation's signing key, made at the first start. */
@Injectable()
export class AuditKeys {
  private keys: Promise<SigningKeys> | undefined;

  constructor(private readonly settings: SettingsRepository) {}

  async get(): Promise<SigningKeys> {
    // All requests wait for the same reading: it must not end with the deadline of the one that began it.
    this.keys ??= outsideRequest(() => this.load()).catch((error: unknown) => {
      this.keys = undefined;
      throw error;
    });
    return await this.keys;
  }

  private async load(): Promise<SigningKeys> {
    const { settings } = this;
    return await loadKeys({
      find: async (name) => await settings.find<StoredKey>(name),
      insert: async (name, value) => await settings.insert(name, value),
    });
  }
}

/** Where the key is kept. */
export interface KeyStore {
  readonly find: (name: string) => Promise<StoredKey | undefined>;
  /** Does nothing where there is one already. */
  readonly insert: (name: string, value: StoredKey) => Promise<unknown>;
}

/** The key of the installation, which is made when there is none. */
export async function loadKeys(store: KeyStore): Promise<SigningKeys> {
  const stored = await store.find(SETTING);
  if (stored) return keysOf(stored);
  const made = generateKeyPairSync('ed25519').privateKey.export({ format: 'der', type: 'pkcs8' });
  // Of several processes that start at once, the first one's key counts.
  await store.insert(SETTING, { private: made.toString('base64') });
  return keysOf((await store.find(SETTING)) as StoredKey);
}

const keysOf = ({ private: stored }: StoredKey): SigningKeys => {
  const der = Buffer.from(stored, 'base64');
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  const publicKey = createPublicKey(privateKey);
  const derived = (purpose: string): Buffer => createHmac('sha256', der).update(`zerodb audit ${purpose}`).digest();
  const namesKey = derived('names');
  return {
    publicKey: textOfKey(publicKey),
    keyId: keyIdOf(publicKey),
    sign: (statement) => sign(null, statementOf(statement), privateKey),
    macKey: derived('entries'),
    hidden: (project, name) =>
      `#${createHmac('sha256', namesKey).update(`${project} ${name}`).digest('hex').slice(0, 32)}`,
  };
};
