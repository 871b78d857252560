import { migrate } from '../../src/database/migrations/migrate';
import { MIGRATIONS } from '../../src/database/migrations';
import { ServerDatabase } from '../../src/database/server/server-database';
import { openTestDatabase } from '../support/database';
import { describeWith, services } from '../support/services';

describe('migrating the embedded Postgres', () => {
  it('runs everything once, and nothing the second time', async () => {
    const { database, drop } = await openTestDatabase('embedded', { migrated: false });
    try {
      expect((await migrate(database)).applied).toHaveLength(MIGRATIONS.length);
      expect(await migrate(database)).toEqual({ applied: [] });
    } finally {
      await drop();
    }
  });
});

describeWith(services.postgresUrl)('migrating a Postgres server', () => {
  it('lets several processes start at once on an empty database', async () => {
    const { options, drop } = await openTestDatabase('server', { migrated: false });
    if (options.engine !== 'server') throw new Error('unexpected');
    const processes = Array.from({ length: 3 }, () => new ServerDatabase({ url: options.url }));
    try {
      const results = await Promise.all(processes.map((process) => migrate(process)));
      const applied = results.map((result) => result.applied.length).sort();
      expect(applied).toEqual([0, 0, MIGRATIONS.length]);
    } finally {
      await Promise.all(processes.map((process) => process.close()));
      await drop();
    }
  });
});
