import { createApp } from '../../src/app.factory';
import { Database } from '../../src/database/database.port';

/**
 * The product in a process of its own that counts the statements of projects: a message gives their number so far. The
 * database itself is wrapped, so that every door and every service is counted.
 */
const start = async (): Promise<void> => {
  let statements = 0;
  const app = await createApp();
  const database = app.nest.get(Database);
  const query = database.query.bind(database);
  const transaction = database.transaction.bind(database);
  Object.assign(database, {
    query: async (...args: Parameters<typeof query>) => {
      statements += 1;
      return await query(...args);
    },
    transaction: async (...args: Parameters<typeof transaction>) => {
      statements += 1;
      return await transaction(...args);
    },
  });
  process.on('message', () => process.send?.({ statements }));
  process.on('SIGTERM', () => void app.close().then(() => process.exit(0)));
  process.send?.({ url: app.url });
};

if (require.main === module) void start();
