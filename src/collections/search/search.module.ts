import { Module } from '@nestjs/common';
import { Budget, hedgeBudget } from '../../orchestrator/hedge-budget';
import { PgVectorStore } from '../adapters/pgvector/pgvector.store';
import { SlowFiltersModule } from '../advice/slow-filters.module';
import { CollectionsCoreModule } from '../collections-core.module';
import { RecordsModule } from '../records/records.module';
import { FollowersModule } from '../replica/replica.module';
import { CachedSearch } from './cached-search';
import { CheckedSearch } from './checked-search';
import { Hydration } from './hydration';
import { KeywordStore } from './keyword.store';
import { RecordStates } from './record-state';
import { ResultCacheMetrics } from './result-cache-metrics';
import { NamedSearch } from './named-search';
import { SearchController } from './search.controller';
import { SearchMetrics } from './search-metrics';
import { SearchService } from './search.service';
import { VectorSearch } from './vector-search';
import { WarmUp } from './warm-up';

/** Search by meaning, by keyword, and by both. */
@Module({
  imports: [CollectionsCoreModule, RecordsModule, FollowersModule, SlowFiltersModule],
  controllers: [SearchController],
  providers: [
    { provide: Budget, useFactory: hedgeBudget },
    PgVectorStore,
    KeywordStore,
    Hydration,
    CheckedSearch,
    SearchMetrics,
    WarmUp,
    VectorSearch,
    NamedSearch,
    SearchService,
    RecordStates,
    ResultCacheMetrics,
    CachedSearch,
  ],
  exports: [CachedSearch, SearchService, VectorSearch],
})
export class SearchModule {}
