// Counts how often each part of the compiled product ran, by V8's own counters: the code that is tested stays the code
// that is started. Each process keeps one small file under build/coverage/raw; scripts/coverage/report.mjs adds them up.
const { mkdirSync, renameSync, writeFileSync } = require('node:fs');
const { Session } = require('node:inspector');
const path = require('node:path');
const { fileURLToPath } = require('node:url');

const build = path.resolve(module.path, '..', '..', 'build');
const PRODUCT = path.join(build, 'src', path.sep);
const RAW = path.join(build, 'coverage', 'raw');

/** A test that imports the product is not a part of it. */
const isProduct = (file) => file.startsWith(PRODUCT) && file.endsWith('.js') && !file.endsWith('.spec.js');

/** Nothing here throws: a run that cannot be counted is a run all the same. */
class Collector {
  /** By path below `build`: how often each character ran. */
  #counts = new Map();
  #session;
  #file = path.join(RAW, `${process.pid}-${Date.now()}.json`);

  start() {
    try {
      this.#session = new Session();
      this.#session.connect();
      this.#session.post('Profiler.enable');
      this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
    } catch {
      this.#session = undefined;
    }
  }

  /** Ends what `start` began, adds what ran to what ran before, and keeps it in this process's file. */
  stop() {
    try {
      for (const { url, functions } of this.#take()) {
        const file = url.startsWith('file:') ? fileURLToPath(url) : url;
        if (isProduct(file)) this.#add(path.relative(build, file), countsOf(functions));
      }
      this.#keep();
    } catch {
      // The report then misses what this run covered.
    }
  }

  /** The answers of a session in the same thread come before `post` returns. */
  #take() {
    let scripts = [];
    this.#session?.post('Profiler.takePreciseCoverage', (error, answer) => {
      if (!error) scripts = answer.result;
    });
    this.#session?.post('Profiler.stopPreciseCoverage');
    this.#session?.disconnect();
    this.#session = undefined;
    return scripts;
  }

  #add(file, counts) {
    const before = this.#counts.get(file);
    if (before) counts.forEach((count, at) => (before[at] += count));
    else this.#counts.set(file, counts);
  }

  #keep() {
    const files = [...this.#counts].map(([file, counts]) => [file, runsOf(counts)]);
    mkdirSync(RAW, { recursive: true });
    writeFileSync(`${this.#file}.new`, JSON.stringify(Object.fromEntries(files)));
    renameSync(`${this.#file}.new`, this.#file);
  }
}

/** V8 lists outer ranges before those inside them, so the later one is the more exact one. */
function countsOf(functions) {
  const ranges = functions.flatMap((one) => one.ranges);
  const counts = new Float64Array(ranges.reduce((end, { endOffset }) => Math.max(end, endOffset), 0));
  for (const { startOffset, endOffset, count } of ranges) counts.fill(count, startOffset, endOffset);
  return counts;
}

/** `[start, end, count, start, end, count, …]` of what ran at all. */
function runsOf(counts) {
  const runs = [];
  for (let start = 0, end = 0; start < counts.length; start = end) {
    while (end < counts.length && counts[end] === counts[start]) end += 1;
    if (counts[start] > 0) runs.push(start, end, counts[start]);
  }
  return runs;
}

module.exports = { Collector };
