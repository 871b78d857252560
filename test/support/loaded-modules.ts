import { createApp } from '../../src/app.factory';

/** Starts the product with the settings of this process, stops it, and prints which files it has loaded. */
const main = async (): Promise<void> => {
  const app = await createApp();
  await fetch(`${app.url}/health`);
  const loaded = Object.keys(require.cache);
  await app.close();
  // A pipe takes so much at once: the process must not end before the rest is through.
  await new Promise((resolve) => process.stdout.write(`\n${JSON.stringify(loaded)}\n`, resolve));
};

void main().then(() => process.exit(0));
