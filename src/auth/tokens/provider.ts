import type { JSONWebKeySet } from 'jose' with { 'resolution-mode': 'import' };
import { GuardedClient, isEncryptedOrLocal } from '../../common/ssrf';
import { PeerTls } from '../../common/tls';
import type { OidcIssuer } from '../../config';
import { KeptDocument } from './kept-document';

const FETCH_MS = 3_000;
const MAX_DOCUMENT_BYTES = 256 * 1024;
const MAX_KEYS = 100;

/** What a provider says of itself. */
export interface Discovery {
  readonly jwksUrl: string | undefined;
  /** For the browser; `undefined` where the provider names none that may be used. */
  readonly authorizationEndpoint: string | undefined;
  readonly tokenEndpoint: string | undefined;
}

/**
 * Reads the documents of one provider. The operator has named it, so it may be in a private network; another host that
 * its documents name may not. No redirects; limits on time and size.
 */
export class Provider {
  readonly discovery: KeptDocument<Discovery>;
  private readonly own: GuardedClient;
  private readonly others: GuardedClient;

  constructor(private readonly settings: Pick<OidcIssuer, 'issuer' | 'jwksUrl' | 'caFile'>) {
    const tls = PeerTls.of({ caFile: settings.caFile });
    this.own = new GuardedClient({ allowPrivate: true, tls });
    this.others = new GuardedClient({ allowPrivate: false, tls });
    this.discovery = new KeptDocument(() => this.discover());
  }

  async close(): Promise<void> {
    await Promise.all([this.own.close(), this.others.close()]);
  }

  async keys(): Promise<JSONWebKeySet> {
    const url = this.settings.jwksUrl ?? (await this.discovery.current()).jwksUrl;
    if (url === undefined) throw new Error('The provider names no keys.');
    const document = await this.read(url);
    const { keys } = document as { keys?: unknown };
    if (!Array.isArray(keys) || keys.length > MAX_KEYS) throw new Error('The answer is no set of keys.');
    return document as JSONWebKeySet;
  }

  /** OpenID Connect Discovery 1.0, 4. */
  private async discover(): Promise<Discovery> {
    const { issuer } = this.settings;
    const found = await this.read(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`);
    const named = found as Readonly<Record<string, unknown>>;
    if (named.issuer !== issuer) throw new Error('The provider names itself in another way than the settings do.');
    return {
      jwksUrl: usable(named.jwks_uri),
      authorizationEndpoint: usable(named.authorization_endpoint),
      tokenEndpoint: usable(named.token_endpoint),
    };
  }

  private async read(url: string): Promise<object> {
    if (!isEncryptedOrLocal(url)) throw new Error('The address of a document is neither https nor on this machine.');
    const limits = { timeoutMs: FETCH_MS, maxBytes: MAX_DOCUMENT_BYTES };
    const { status, body } = await (this.isOwn(url) ? this.own : this.others).get(url, limits);
    if (status !== 200) throw new Error(`It answered ${status}.`);
    const document = JSON.parse(body) as unknown;
    if (typeof document !== 'object' || document === null) throw new Error('It did not answer with an object.');
    return document;
  }

  private isOwn(url: string): boolean {
    return url === this.settings.jwksUrl || new URL(url).origin === new URL(this.settings.issuer).origin;
  }
}

const usable = (url: unknown): string | undefined =>
  typeof url === 'string' && isEncryptedOrLocal(url) ? url : undefined;
