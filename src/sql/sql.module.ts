import { Module } from '@nestjs/common';
import { CollectionsModule } from '../collections/collections.module';
import { Relations } from './resolver';
import { SqlController } from './sql.controller';
import { SqlRepository } from './sql.repository';
import { SqlService } from './sql.service';

/** SQL over a project's data: checked, rewritten to read what is the project's own, run as a role without other rights. */
@Module({
  imports: [CollectionsModule],
  controllers: [SqlController],
  providers: [Relations, SqlRepository, SqlService],
})
export class SqlModule {}
