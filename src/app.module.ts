import { Module, type DynamicModule } from '@nestjs/common';
import type { Logger } from 'pino';
import { AdmissionModule } from './admission/admission.module';
import { AdminModule } from './admin/admin.module';
import { AuditModule } from './audit/audit.module';
import { AuthModule } from './auth/auth.module';
import { ChaosModule } from './chaos/chaos.module';
import { BackupsModule } from './backup/running/backups.module';
import { CollectionsModule } from './collections/collections.module';
import { PeerTls } from './common/tls';
import { databaseConfig, embeddingsConfig, type EmbeddingsSettings } from './config';
import { DatabaseModule } from './database/database.module';
import { databaseOptions } from './database/open-database';
import { S3DialectModule } from './dialects/s3/s3-dialect.module';
import { ChromaDialectModule } from './dialects/chroma/chroma-dialect.module';
import { Mem0DialectModule } from './dialects/mem0/mem0-dialect.module';
import { OpenAiDialectModule } from './dialects/openai/openai-dialect.module';
import { QdrantDialectModule } from './dialects/qdrant/qdrant-dialect.module';
import { ErasureModule } from './erasure/erasure.module';
import { EventsModule } from './events/events.module';
import { EmbeddingsWatchModule } from './embeddings/embeddings-watch.module';
import { EmbeddingsModule } from './embeddings/embeddings.module';
import type { EmbeddingsOptions } from './embeddings/embeddings.options';
import { FilesModule } from './files/files.module';
import { GraphModule } from './graph/graph.module';
import { HealthModule } from './health/health.module';
import { MemoryModule } from './memory/memory.module';
import { ProjectsModule } from './auth/projects/projects.module';
import { RegistryModule } from './registry/registry.module';
import { SqlModule } from './sql/sql.module';
import type { ServerCertificate } from './tls/server-certificate';
import { TlsModule } from './tls/tls.module';
import { TelemetryModule } from './telemetry/telemetry.module';
import { UsageModule } from './usage/usage.module';
import { GraphqlModule } from './transports/graphql/graphql.module';
import { McpModule } from './transports/mcp/mcp.module';
import { RestModule } from './transports/rest/rest.module';

/** Texts in one call to an OpenAI-compatible endpoint: what the common servers take. */
const EMBEDDINGS_BATCH = 64;

/** The whole product. `settings` is the module that `SettingsModule.load` returns. */
@Module({})
export class AppModule {
  static forRoot(settings: DynamicModule, logger: Logger, certificate: ServerCertificate | null = null): DynamicModule {
    const embeddings = EmbeddingsModule.forRootAsync({ inject: [embeddingsConfig.KEY], useFactory: embeddingsOptions });
    return {
      module: AppModule,
      imports: [
        settings,
        TelemetryModule.forRoot(logger),
        TlsModule.forRoot(certificate),
        AdmissionModule,
        DatabaseModule.forRootAsync({ inject: [databaseConfig.KEY], useFactory: databaseOptions }),
        RegistryModule,
        { ...embeddings, global: true },
        EmbeddingsWatchModule,
        AuthModule,
        ProjectsModule,
        AuditModule,
        UsageModule,
        ErasureModule,
        CollectionsModule,
        SqlModule,
        GraphModule,
        MemoryModule,
        EventsModule,
        FilesModule,
        HealthModule,
        RestModule,
        McpModule,
        GraphqlModule,
        QdrantDialectModule,
        S3DialectModule,
        Mem0DialectModule,
        ChromaDialectModule,
        OpenAiDialectModule,
        AdminModule,
        ChaosModule,
        BackupsModule,
      ],
    };
  }
}

/** Who embeds. The configuration was checked: an OpenAI-compatible endpoint has its URL and dimension. */
export const embeddingsOptions = (settings: EmbeddingsSettings): EmbeddingsOptions => {
  const { provider, model, modelsDir, url = '', apiKey, dimension = 0, timeoutMs } = settings;
  if (provider === 'local') return { provider, model, modelsDir };
  return {
    provider,
    model,
    baseUrl: url,
    apiKey,
    dimension,
    timeoutMs,
    batchSize: EMBEDDINGS_BATCH,
    tls: PeerTls.of(settings),
  };
};
