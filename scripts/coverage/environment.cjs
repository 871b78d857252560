// The environment of the tests when coverage is collected: counts while the test file runs, in its worker and in the
// processes of the product that it starts.
const path = require('node:path');
const { TestEnvironment } = require('jest-environment-node');
const { Collector } = require('./collector.cjs');

/** Tests of how long a computation takes, or of what it holds in memory: counting would change it. */
const MEASURES =
  /(linear-time|simulation|flat-copy|in-slices|stall-watch|event-loop-lag|exact-json|payload-path|statements|embedded-heap|starved-process|accept-faster|sql-hostile|one-tenant-hurts-nobody|soak)\.spec\.js$/;

/** One for all test files of a worker: they add up. */
const collector = new Collector();
const PRELOAD = `--require ${JSON.stringify(path.join(module.path, 'child.cjs'))}`;

module.exports = class extends TestEnvironment {
  #isCounted;

  constructor(config, context) {
    super(config, context);
    this.#isCounted = !MEASURES.test(context.testPath);
  }

  async setup() {
    await super.setup();
    if (!this.#isCounted) return;
    const { env } = this.global.process;
    env.NODE_OPTIONS = env.NODE_OPTIONS ? `${env.NODE_OPTIONS} ${PRELOAD}` : PRELOAD;
    collector.start();
  }

  async teardown() {
    if (this.#isCounted) collector.stop();
    await super.teardown();
  }
};
