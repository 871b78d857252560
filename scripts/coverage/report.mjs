// Adds up what the collectors kept, and maps it from the compiled files back to `src`.
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { parse } from 'acorn';
import { convert } from 'ast-v8-to-istanbul';
import coverage from 'istanbul-lib-coverage';
import istanbulReport from 'istanbul-lib-report';
import reports from 'istanbul-reports';
import { root } from '../prepare.mjs';

const FOLDER = path.join(root, 'build', 'coverage');
const RAW = path.join(FOLDER, 'raw');
const WEAKEST = 12;
/** Below this many branches a share says little. */
const FEW = 20;
/** What the compiler adds for decorators: its branches are nobody's. */
const HELPER = /^__(decorate|metadata|param|importDefault|importStar|createBinding|exportStar)$/;

/** Writes the whole to build/coverage, and returns the lines that sum it up. */
export async function reportCoverage() {
  const map = coverage.createCoverageMap(await coverageOf(compiledFiles(), addUp()));
  const context = istanbulReport.createContext({ dir: FOLDER, coverageMap: map, defaultSummarizer: 'nested' });
  for (const kind of ['html', 'lcovonly', 'json-summary']) reports.create(kind).execute(context);
  return summaryOf(map);
}

/** By compiled file: the runs of all processes. */
function addUp() {
  const all = new Map();
  for (const name of readdirSync(RAW).filter((one) => one.endsWith('.json'))) {
    const files = Object.entries(JSON.parse(readFileSync(path.join(RAW, name), 'utf8')));
    for (const [file, runs] of files) all.set(file, [...(all.get(file) ?? []), runs]);
  }
  return all;
}

const compiledFiles = () =>
  readdirSync(path.join(root, 'build', 'src'), { recursive: true })
    .filter((name) => name.endsWith('.js') && !name.endsWith('.spec.js'))
    .map((name) => path.join('src', name));

/** A file that was never loaded counts too: nothing of it ran. */
async function coverageOf(files, runs) {
  const data = {};
  for (const file of files) {
    const compiled = path.join(root, 'build', file);
    const code = readFileSync(compiled, 'utf8');
    const converted = await convert({
      code,
      ast: parse(code, { ecmaVersion: 'latest', sourceType: 'script', allowHashBang: true }),
      sourceMap: JSON.parse(readFileSync(`${compiled}.map`, 'utf8')),
      coverage: { url: pathToFileURL(compiled).href, functions: functionsOf(sum(code.length, runs.get(file) ?? [])) },
      ignoreNode,
    });
    Object.assign(data, converted);
  }
  return data;
}

function ignoreNode(node) {
  const call = node.type === 'ExpressionStatement' ? rightOf(node.expression) : undefined;
  return call?.type === 'CallExpression' && HELPER.test(call.callee.name) ? 'ignore-this-and-nested-nodes' : false;
}

const rightOf = (node) => (node.type === 'AssignmentExpression' ? rightOf(node.right) : node);

function sum(length, all) {
  const counts = new Float64Array(length);
  for (const runs of all)
    for (let at = 0; at < runs.length; at += 3)
      for (let offset = runs[at]; offset < runs[at + 1] && offset < length; offset += 1) counts[offset] += runs[at + 2];
  return counts;
}

/** One range for each stretch that ran equally often, inside one for the whole file. */
function functionsOf(counts) {
  const ranges = [{ startOffset: 0, endOffset: counts.length, count: 0 }];
  for (let start = 0, end = 0; start < counts.length; start = end) {
    while (end < counts.length && counts[end] === counts[start]) end += 1;
    if (counts[start] > 0) ranges.push({ startOffset: start, endOffset: end, count: counts[start] });
  }
  return [{ functionName: '', isBlockCoverage: true, ranges }];
}

function summaryOf(map) {
  const whole = map.getCoverageSummary();
  const folders = new Map();
  for (const file of map.files()) {
    const folder = roomOf(path.relative(root, file));
    const summary = folders.get(folder) ?? coverage.createCoverageSummary();
    summary.merge(map.fileCoverageFor(file).toSummary());
    folders.set(folder, summary);
  }
  const weakest = [...folders]
    .filter(([, { branches }]) => branches.total >= FEW)
    .sort(([, a], [, b]) => a.branches.pct - b.branches.pct)
    .slice(0, WEAKEST);
  return [
    `Coverage of src: ${shown(whole.branches)} branches, ${shown(whole.lines)} lines; the whole is in build/coverage/index.html`,
    'Least covered branches:',
    ...weakest.map(([folder, { branches }]) => `  ${shown(branches).padStart(24)}  ${folder}`),
  ];
}

const shown = ({ pct, covered, total }) => `${pct.toFixed(1)} % (${covered} of ${total})`;

/** The first two folders: `src/files/blobs`, and `src/registry` for what stands in it directly. */
const roomOf = (file) => path.dirname(file).split(path.sep).slice(0, 3).join('/');
