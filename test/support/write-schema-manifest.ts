import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { generateManifest } from '../../src/database/drift/manifest';
import { openTestDatabase } from './database';

/**
 * Writes the manifest anew after a change of the migrations: `node build/test/support/write-schema-manifest.js`, from the
 * project's folder. A test compares the two.
 */
async function main(): Promise<void> {
  const { database, drop } = await openTestDatabase('embedded');
  try {
    const manifest = await generateManifest(database);
    await writeFile(path.resolve('src/database/schema-manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  } finally {
    await drop();
  }
}

void main();
