// Preloaded by every Node process that a test starts. Counts only where the product itself is started, in its main thread.
const path = require('node:path');
const { isMainThread } = require('node:worker_threads');

const product = path.resolve(module.path, '..', '..', 'build', 'src', path.sep);
if (isMainThread && process.argv[1]?.startsWith(product)) {
  const { Collector } = require('./collector.cjs');
  const collector = new Collector();
  collector.start();
  process.once('exit', () => collector.stop());
}
