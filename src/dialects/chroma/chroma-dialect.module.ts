import { Module } from '@nestjs/common';
import { CollectionsModule } from '../../collections/collections.module';
import { HealthModule } from '../../health/health.module';
import { MainPortModule } from '../main-port.module';
import { ChromaCatalogue } from './catalogue';
import { ChromaDoor } from './chroma-door';
import { ChromaRepository } from './chroma.repository';
import { CollectionRoutes } from './collections.routes';
import { ChromaQueries } from './queries';
import { ChromaRecords } from './records';
import { RecordRoutes } from './records.routes';
import { ServiceRoutes } from './service.routes';

/** Chroma's REST API over ZeroDB's collections. */
@Module({
  imports: [MainPortModule, CollectionsModule, HealthModule],
  providers: [
    ChromaRepository,
    ChromaCatalogue,
    ChromaRecords,
    ChromaQueries,
    ServiceRoutes,
    CollectionRoutes,
    RecordRoutes,
    ChromaDoor,
  ],
})
export class ChromaDialectModule {}
