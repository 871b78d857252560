import type { CryptoKey, FlattenedJWSInput, JSONWebKeySet, JWSHeaderParameters } from 'jose' with {
  'resolution-mode': 'import',
};
import { KeptDocument } from './kept-document';

/** Finds the key that a token names. Throws what jose throws. */
export type FindKey = (header: JWSHeaderParameters, token: FlattenedJWSInput) => Promise<CryptoKey>;

export interface KeySetOptions {
  readonly load: () => Promise<JSONWebKeySet>;
  readonly index: (keys: JSONWebKeySet) => FindKey;
  /** Whether an error of a `FindKey` says that the set has no such key. */
  readonly isUnknown: (error: unknown) => boolean;
  readonly now?: () => number;
}

/** There is no set of keys to check a token with. */
export class KeysUnavailable extends Error {
  constructor(cause: unknown) {
    super('The keys of the identity provider cannot be read.', { cause });
    this.name = 'KeysUnavailable';
  }
}

/** The provider's public keys: read once, and again when they are old or a token names a new one. */
export class KeySet {
  private readonly document: KeptDocument<FindKey>;

  constructor(private readonly options: KeySetOptions) {
    this.document = new KeptDocument(async () => options.index(await options.load()), options.now);
  }

  /** Rejects with `KeysUnavailable`, and with jose's error for a key that is in no set. */
  async keyOf(header: JWSHeaderParameters, token: FlattenedJWSInput): Promise<CryptoKey> {
    const find = await this.document.current().catch((error: unknown) => {
      throw new KeysUnavailable(error);
    });
    try {
      return await find(header, token);
    } catch (error) {
      if (!this.options.isUnknown(error)) throw error;
      const newer = await this.document.newer();
      if (!newer) throw error;
      return await newer(header, token);
    }
  }
}
