import { Module } from '@nestjs/common';
import { SlowFilters } from './slow-filters';
import { SlowFiltersRepository } from './slow-filters.repository';

/** Which metadata fields were filtered slowly: searches tell it. */
@Module({ providers: [SlowFilters, SlowFiltersRepository], exports: [SlowFilters, SlowFiltersRepository] })
export class SlowFiltersModule {}
