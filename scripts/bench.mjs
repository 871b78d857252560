// `npm run bench`: all benchmarks; `npm run bench -- http retrieval`: those. Figures go to the terminal and to
// build/bench-results. `npm run bench -- import-memory --size=1024`: flags go to the benchmarks.
import path from 'node:path';
import { ensureInstalled, ensureProduct, requireNode, root, run, runTool } from './prepare.mjs';

const GROUPS = {
  footprint: ['footprint'],
  http: ['http-embedded', 'http-server'],
  attach: ['attach'],
  compression: ['compression'],
  cpu: ['cpu'],
  filtered: ['filtered'],
  'import-memory': ['import-memory'],
  graph: ['graph'],
  ingest: ['ingest'],
  overhead: ['overhead'],
  repeated: ['repeated'],
  'nest-shape': ['nest-shape'],
  retrieval: ['retrieval'],
  multilingual: ['multilingual'],
  memory: ['memory-retrieval', 'memory-changes', 'memory-latency', 'memory-turns'],
  entities: ['entities'],
  events: ['events'],
  files: ['files'],
  overload: ['accept', 'overload'],
};

requireNode();
const flags = process.argv.slice(2).filter((word) => word.startsWith('--'));
const named = process.argv.slice(2).filter((word) => !word.startsWith('--'));
const wanted = named.length > 0 ? named : Object.keys(GROUPS);
const benches = wanted.flatMap((name) => GROUPS[name] ?? [name]);
const unknown = benches.filter((name) => !Object.values(GROUPS).flat().includes(name));
if (unknown.length > 0) {
  console.error(`No benchmark named ${unknown.join(', ')}. There are: ${Object.keys(GROUPS).join(', ')}.`);
  process.exit(2);
}

await ensureInstalled({ development: true });
const compiled = (await ensureProduct()) && (await runTool('typescript/bin/tsc', ['-p', 'tsconfig.json'])).code === 0;
if (!compiled) process.exit(1);
for (const bench of benches) {
  const { code } = await run(process.execPath, [path.join(root, 'build', 'bench', `${bench}.js`), ...flags]);
  if (code !== 0) process.exitCode = 1;
}
