// `npm test`: static checks, then every test, then one line that counts them all.
// `npm test -- <jest arguments>` compiles and runs only the tests that the arguments select.
// `npm run test:long` compiles and runs the tests of many rounds: those in test/long, and the simulations with more seeds.
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import {
  ensureDashboard,
  ensureInstalled,
  ensureProduct,
  removeOrphans,
  requireNode,
  root,
  run,
  runTool,
} from './prepare.mjs';

const RESULTS = path.join(root, 'build', 'test-results');
const SUITES = ['src', 'migrations', 'test', 'bench'];
const CHAOS = 'chaos-smoke';
const LONG = path.posix.join('test', 'long');
const isLong = process.argv[2] === '--long';
const CHECKS = [
  { name: 'types', tool: 'typescript/bin/tsc', args: ['-p', 'tsconfig.json'] },
  { name: 'dashboard types', tool: 'typescript/bin/tsc', args: ['-p', 'dashboard/tsconfig.json'] },
  { name: 'format', tool: 'prettier/bin/prettier.cjs', args: ['--check', '--log-level', 'warn', '.'] },
  {
    name: 'imports',
    tool: 'dependency-cruiser/bin/dependency-cruise.mjs',
    args: ['src', 'migrations', '--output-type', 'err'],
  },
  { name: 'lint', tool: 'eslint/bin/eslint.js', args: ['--max-warnings', '0', '.'] },
];

const totals = { passed: 0, failed: 0, skipped: [], failures: [], coverage: [] };

requireNode();
await ensureInstalled({ development: true });
if (!(await ensureProduct())) totals.failed += 1;
if (!(await ensureDashboard())) totals.failed += 1;
mkdirSync(RESULTS, { recursive: true });
const selection = process.argv.slice(isLong ? 3 : 2);
// What does not compile has no tests to run.
await runCheck(CHECKS[0]);
await runTests();
report();

/** Its output is held back so that it does not mix with that of the tests. */
async function runCheck({ name, tool, args }) {
  const started = performance.now();
  const { code, output } = await runTool(tool, args, { quiet: true });
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${code === 0 ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)`);
  if (code === 0) totals.passed += 1;
  else {
    totals.failed += 1;
    totals.failures.push(name);
    console.log(output.trimEnd());
  }
}

/** The chaos suite kills the services that the others use: where it may, it has them to itself, at the end. */
async function runTests() {
  for (const folder of SUITES) removeOrphans(folder, path.join('build', folder));
  // One at a time: they measure memory.
  if (isLong) {
    process.env.ZERODB_TEST_LONG = '1';
    return await runJest(['--runInBand', `--testPathPatterns=(${LONG}/|simulation).*${selection[0] ?? ''}`]);
  }
  const others = `--testPathIgnorePatterns=${LONG}`;
  if (selection.length > 0) return await runJest([...selection, others]);
  const hasChaos = Boolean(process.env.ZERODB_TEST_SERVICES_CONTROL);
  if (process.env.TEST_COVERAGE) rmSync(path.join(root, 'build', 'coverage'), { recursive: true, force: true });
  await Promise.all([runJest(hasChaos ? [others, `--testPathIgnorePatterns=${CHAOS}`] : [others]), runBeside()]);
  if (hasChaos) await runJest([CHAOS]);
  if (process.env.TEST_COVERAGE) await sumUpCoverage();
}

/** What cannot be counted fails nothing. */
async function sumUpCoverage() {
  try {
    const { reportCoverage } = await import('./coverage/report.mjs');
    totals.coverage.push(...(await reportCoverage()));
  } catch (error) {
    totals.coverage.push(`Coverage of src is unknown: ${error.message}`);
  }
}

/** What needs no service runs beside the tests, which wait for half of their time. One at a time, so that they still get on. */
async function runBeside() {
  for (const check of CHECKS.slice(1)) await runCheck(check);
  await runSchemathesis();
}

async function runJest(args) {
  const file = path.join(RESULTS, 'jest.json');
  rmSync(file, { force: true });
  const flags = ['--config', 'jest.config.cjs', '--json', '--outputFile', file];
  await runTool('jest/bin/jest.js', [...flags, ...args], { env: { ...process.env, NODE_ENV: 'test' } });
  try {
    addJest(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    console.error(`jest left no results: ${error.message}`);
    totals.failed += 1;
  }
}

function addJest(results) {
  totals.passed += results.numPassedTests;
  // A file that could not even be loaded holds no test that could fail.
  totals.failed += results.numFailedTests + results.numRuntimeErrorTestSuites;
  for (const suite of results.testResults)
    for (const test of suite.assertionResults)
      if (test.status === 'pending' || test.status === 'todo') totals.skipped.push(test.fullName);
  for (const suite of results.testResults) totals.failures.push(...failuresOf(suite));
}

/** A suite that could not be loaded has no assertion that failed; its own name stands for it. */
function failuresOf({ name, status, assertionResults }) {
  const file = path.relative(path.join(root, 'build'), name);
  const failed = assertionResults.filter((test) => test.status === 'failed');
  if (failed.length === 0) return status === 'failed' ? [file] : [];
  return failed.map((test) => `${file}: ${test.fullName}`);
}

async function runSchemathesis() {
  const name = 'schemathesis: the running server conforms to its OpenAPI document';
  if (!process.env.CI && process.env.ZERODB_TEST_SCHEMATHESIS !== '1') {
    totals.skipped.push(`${name} (runs with CI=true or ZERODB_TEST_SCHEMATHESIS=1)`);
    return;
  }
  const { code, output } = await run(process.execPath, [path.join(root, 'test', 'schemathesis', 'run.mjs')], {
    quiet: true,
  });
  console.log(output.trimEnd());
  if (code === 0) totals.passed += 1;
  else if (code === 77) totals.skipped.push(`${name} (needs python3 with venv and pip)`);
  else {
    totals.failed += 1;
    totals.failures.push(name);
  }
}

function report() {
  printList('Skipped', totals.skipped);
  // The output of half an hour is long: what failed is named again where a reader looks first.
  printList('Failed', totals.failures);
  if (totals.coverage.length > 0) console.log(`\n${totals.coverage.join('\n')}`);
  console.log(`\n${totals.passed} passed, ${totals.failed} failed, ${totals.skipped.length} skipped`);
  process.exitCode = totals.failed > 0 ? 1 : 0;
}

function printList(title, names) {
  if (names.length > 0) console.log(`\n${title}:\n${names.map((name) => `  ${name}`).join('\n')}`);
}
