import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import type { Logger } from 'pino';
import type { BackgroundLoop } from '../common/background-loop';
import { BackgroundWork } from '../common/background-work';
import { messageOf } from '../common/message-of';
import { tlsConfig, type TlsSettings } from '../config';
import { LOGGER } from '../telemetry/logger';
import { CERTIFICATE, type ServerCertificate } from './server-certificate';
import { TlsMetrics } from './tls-metrics';

const DAY_MS = 86_400_000;

/** Takes over a certificate that was renewed, and warns of one that was not. */
@Injectable()
export class CertificateWatch implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly loop: BackgroundLoop | undefined;
  private lastFault: string | undefined;
  private warnedAt = Number.NEGATIVE_INFINITY;

  constructor(
    @Inject(CERTIFICATE) private readonly certificate: ServerCertificate | null,
    private readonly metrics: TlsMetrics,
    background: BackgroundWork,
    @Inject(tlsConfig.KEY) settings: TlsSettings,
    @Inject(LOGGER) private readonly log: Logger,
  ) {
    if (!certificate) return;
    const piece = {
      name: 'certificate_watch',
      description: 'Takes over the TLS certificate when its files change, and warns before it expires.',
      intervalMs: settings.checkSeconds * 1_000,
      role: 'any',
    } as const;
    this.loop = background.every(piece, () => this.look(certificate));
  }

  onApplicationBootstrap(): void {
    if (this.certificate) this.warn(this.certificate);
    this.loop?.start();
  }

  async onModuleDestroy(): Promise<void> {
    await this.loop?.stop();
  }

  private look(certificate: ServerCertificate): Promise<void> {
    try {
      if (certificate.reload()) this.replaced(certificate);
      this.lastFault = undefined;
    } catch (error) {
      this.kept(error);
    }
    this.warn(certificate);
    return Promise.resolve();
  }

  private replaced(certificate: ServerCertificate): void {
    this.metrics.reloaded('replaced');
    this.warnedAt = Number.NEGATIVE_INFINITY;
    const { expiresAt } = certificate.view();
    this.log.info(`The TLS certificate was replaced; the new one is valid until ${expiresAt.toISOString()}.`);
  }

  /** Said once: files that are written one after the other do not fit for a moment. */
  private kept(error: unknown): void {
    this.loop?.recordFault(error);
    const message = messageOf(error);
    if (message === this.lastFault) return;
    this.lastFault = message;
    this.metrics.reloaded('refused');
    this.log.error(`The new TLS certificate cannot be used, the old one stays: ${message}`);
  }

  /** Once a day. */
  private warn(certificate: ServerCertificate): void {
    const { state, expiresAt, daysLeft } = certificate.view();
    if (state === 'valid' || performance.now() - this.warnedAt < DAY_MS) return;
    this.warnedAt = performance.now();
    const until = expiresAt.toISOString();
    if (state === 'expiring') this.log.warn(`The TLS certificate expires on ${until}, in ${daysLeft} days.`);
    else if (state === 'expired') this.log.error(`The TLS certificate expired on ${until}: clients refuse to connect.`);
    else this.log.error('The TLS certificate is not valid yet: clients refuse to connect. Check the clock.');
  }
}
