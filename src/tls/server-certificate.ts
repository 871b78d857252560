import type { X509Certificate } from 'node:crypto';
import type { SecureContextOptions, Server, TlsOptions } from 'node:tls';
import { leafOf, readTlsFiles, stateOf, type TlsMaterial } from '../common/tls';
import type { TlsSettings } from '../config';

/** Under which it is provided; `null` where the server speaks plain HTTP. */
export const CERTIFICATE = Symbol('CERTIFICATE');

/** Those of Mozilla's "intermediate" list with forward secrecy by elliptic curves: any client of the last ten years has one. */
const CIPHERS = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
].join(':');

const DAY_MS = 86_400_000;
/** Certificates are renewed a month before their end: one that is not by then needs somebody to look. */
const WARNING_DAYS = 30;

export const CERTIFICATE_STATES = ['valid', 'expiring', 'expired', 'not_yet_valid'] as const;

/** What is known of the certificate that the server shows. */
export interface CertificateView {
  readonly state: (typeof CERTIFICATE_STATES)[number];
  readonly expiresAt: Date;
  /** Whole days until then; negative afterwards. */
  readonly daysLeft: number;
}

/** The certificate of all ports of this process, and its key. New connections get what the files hold now. */
export class ServerCertificate {
  private readonly servers = new Set<Server>();
  private material: TlsMaterial;
  private leaf: X509Certificate;
  private seen: string;

  /** Throws `TlsFileError`. */
  constructor(private readonly settings: TlsSettings) {
    this.seen = this.filesState();
    this.material = this.read();
    this.leaf = leafOf(this.material.cert ?? '');
  }

  /** `null`: the settings name none. */
  static of(settings: TlsSettings): ServerCertificate | null {
    return settings.certFile === undefined ? null : new ServerCertificate(settings);
  }

  /** What a server is created with. */
  options(): TlsOptions {
    const isMutual = this.settings.clientCaFile !== undefined;
    return { ...this.context(), requestCert: isMutual, rejectUnauthorized: isMutual };
  }

  /** Keeps the certificate of this server current until it closes. */
  serve(server: Server): void {
    this.servers.add(server);
    server.once('close', () => this.servers.delete(server));
  }

  /**
   * Whether the files had changed, and the servers show the new certificate. Open connections keep the old one. Throws
   * `TlsFileError` when the files cannot be used (yet); then nothing is changed, and the next call tries again.
   */
  reload(): boolean {
    const state = this.filesState();
    if (state === this.seen) return false;
    const material = this.read();
    this.material = material;
    this.leaf = leafOf(material.cert ?? '');
    this.seen = state;
    for (const server of this.servers) server.setSecureContext(this.context());
    return true;
  }

  view(now = Date.now()): CertificateView {
    const expiresAt = new Date(this.leaf.validTo);
    const leftMs = expiresAt.getTime() - now;
    return { state: this.stateAt(now, leftMs), expiresAt, daysLeft: Math.floor(leftMs / DAY_MS) };
  }

  private stateAt(now: number, leftMs: number): CertificateView['state'] {
    if (leftMs <= 0) return 'expired';
    if (Date.parse(this.leaf.validFrom) > now) return 'not_yet_valid';
    return leftMs < WARNING_DAYS * DAY_MS ? 'expiring' : 'valid';
  }

  private context(): SecureContextOptions {
    const minVersion = this.settings.minVersion === '1.3' ? 'TLSv1.3' : 'TLSv1.2';
    return { ...this.material, minVersion, ciphers: CIPHERS, honorCipherOrder: false };
  }

  private read(): TlsMaterial {
    const { certFile, keyFile, clientCaFile } = this.settings;
    return readTlsFiles({ certFile, keyFile, caFile: clientCaFile });
  }

  private filesState(): string {
    const { certFile, keyFile, clientCaFile } = this.settings;
    return [certFile, keyFile, clientCaFile].map(stateOf).join(' ');
  }
}
