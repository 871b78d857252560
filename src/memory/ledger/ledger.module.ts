import { Module } from '@nestjs/common';
import { CollectionsModule } from '../../collections/collections.module';
import { LedgerEditor } from './ledger.editor';
import { LedgerRepository } from './ledger.repository';
import { LedgerWriter } from './ledger.writer';

/** The ledger of memories. */
@Module({
  imports: [CollectionsModule],
  providers: [LedgerRepository, LedgerWriter, LedgerEditor],
  exports: [LedgerRepository, LedgerWriter, LedgerEditor],
})
export class LedgerModule {}
