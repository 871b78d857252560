import { Global, Module, type DynamicModule } from '@nestjs/common';
import { CertificateWatch } from './certificate-watch';
import { CERTIFICATE, type ServerCertificate } from './server-certificate';
import { TlsMetrics } from './tls-metrics';

/** The certificate of this server, and what keeps it current. */
@Global()
@Module({})
export class TlsModule {
  static forRoot(certificate: ServerCertificate | null): DynamicModule {
    return {
      module: TlsModule,
      providers: [{ provide: CERTIFICATE, useValue: certificate }, TlsMetrics, CertificateWatch],
      exports: [CERTIFICATE],
    };
  }
}
