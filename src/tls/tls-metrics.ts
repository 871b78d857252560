import { Inject, Injectable } from '@nestjs/common';
import { Counter, Gauge } from 'prom-client';
import { Metrics } from '../telemetry/metrics';
import { CERTIFICATE, type ServerCertificate } from './server-certificate';

/** Figures of the server's own certificate. */
@Injectable()
export class TlsMetrics {
  private readonly reloads: Counter<'outcome'>;

  constructor({ registry }: Metrics, @Inject(CERTIFICATE) certificate: ServerCertificate | null) {
    const registers = [registry];
    this.reloads = new Counter({
      name: 'zerodb_tls_certificate_reloads_total',
      help: 'Changes of the certificate files: replaced, or refused because the files cannot be used.',
      labelNames: ['outcome'],
      registers,
    });
    new Gauge({
      name: 'zerodb_tls_certificate_expiry_timestamp_seconds',
      help: 'When the certificate that the server shows expires, in seconds since 1970. Absent without TLS.',
      labelNames: ['name'],
      registers,
      collect() {
        this.reset();
        if (certificate) this.set({ name: 'server' }, certificate.view().expiresAt.getTime() / 1_000);
      },
    });
  }

  reloaded(outcome: 'replaced' | 'refused'): void {
    this.reloads.inc({ outcome });
  }
}
