import { EmbeddedDatabase } from '../../src/database/embedded/embedded-database';

/** Writes rows as fast as it can and prints each id once its write was acknowledged; started to be killed. */
async function main([dataDir = '', from = '0']: string[]): Promise<void> {
  const database = await EmbeddedDatabase.open({ dataDir, durability: 'disk' });
  const insert = 'INSERT INTO kill_log (id, filler) VALUES ($1, $2)';
  await database.system.query('CREATE TABLE IF NOT EXISTS kill_log (id int PRIMARY KEY, filler text)');
  process.stdout.write('ready\n');
  for (let id = Number(from); ; id += 2) {
    const filler = 'x'.repeat((id * 37) % 3_000);
    await database.system.query(insert, [id, filler]);
    process.stdout.write(`${id}\n`);
    await database.system.transaction(async (tx) => {
      await tx.query(insert, [id + 1, filler]);
      await tx.query('UPDATE kill_log SET filler = $2 WHERE id = $1', [id, `${filler}!`]);
    });
    process.stdout.write(`${id + 1}\n`);
    if (id % 200 === 0) await database.system.query('CHECKPOINT');
  }
}

void main(process.argv.slice(2));
