import { NestFactory } from '@nestjs/core';
import { Global, Module } from '@nestjs/common';
import { BackgroundWork } from '../../src/common/background-work';
import { Database } from '../../src/database/database.port';
import { DatabaseModule } from '../../src/database/database.module';
import { openDatabase } from '../../src/database/open-database';
import { makeFolder } from '../support/database';

/** As the module of the settings provides it. */
@Global()
@Module({
  providers: [{ provide: BackgroundWork, useValue: new BackgroundWork('all') }],
  exports: [BackgroundWork],
})
class WorkModule {}

describe('DatabaseModule', () => {
  it('opens a migrated database and closes it with the application', async () => {
    const { options, remove } = await makeFolder();
    @Module({ imports: [WorkModule, DatabaseModule.forRootAsync({ inject: [], useFactory: () => options })] })
    class TestModule {}
    try {
      const app = await NestFactory.createApplicationContext(TestModule, { logger: ['error'] });
      const { rows } = await app.get(Database).system.query('SELECT name FROM zerodb_projects');
      expect(rows).toEqual([{ name: 'default' }]);
      await app.close();
      const again = await openDatabase(options);
      await again.system.query('DROP TABLE zerodb_idempotency');
      await again.close();
      const start = NestFactory.createApplicationContext(TestModule, { logger: false, abortOnError: false });
      await expect(start).rejects.toThrow('The database lacks');
    } finally {
      await remove();
    }
  });
});
