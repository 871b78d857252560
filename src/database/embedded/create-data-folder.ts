import { PGlite } from '@electric-sql/pglite';

/** Runs as a separate process, with the folder to create as its argument; see `prepareDataFolder`. */
async function main(folder: string): Promise<void> {
  const engine = await PGlite.create({ dataDir: folder });
  await engine.close();
}

main(process.argv[2] ?? '').catch((error: unknown) => {
  process.stderr.write(String(error));
  process.exitCode = 1;
});
