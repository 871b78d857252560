/** Tests run as compiled JavaScript: what is tested is what is started, worker threads included. */
module.exports = {
  rootDir: 'build',
  testMatch: ['**/*.spec.js'],
  transform: {},
  // Each worker may hold an embedded Postgres and a model.
  maxWorkers: 2,
  // Only to end what hangs: a busy machine may make a test slow, never red.
  testTimeout: 300_000,
  testEnvironment: process.env.TEST_COVERAGE ? '<rootDir>/../scripts/coverage/environment.cjs' : 'node',
};
