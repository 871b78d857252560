import { Command, Option } from 'commander';
import type { Answer } from '../../client';
import {
  integerBetween,
  jsonObject,
  note,
  serverCommand,
  writeJson,
  type CommonOptions,
  type Runtime,
} from '../command';
import type { CliIo } from '../io';
import { printable } from '../output/printable';

type Direction = 'out' | 'in' | 'both';

interface PassingOptions extends CommonOptions {
  readonly direction: Direction;
  readonly type?: string[];
  readonly filter?: Record<string, unknown>;
  readonly asOf?: string;
}

interface TraverseOptions extends PassingOptions {
  readonly depth: number;
  readonly limit: number;
}

interface PathsOptions extends PassingOptions {
  readonly weighted?: boolean;
  readonly k?: number;
}

const QUESTION = { timeoutMs: 15_000, retries: 2, repeatable: true } as const;

export function graphCommand(runtime: Runtime): Command {
  const group = new Command('graph').description('ask graphs how nodes are connected');
  return group.addCommand(list(runtime)).addCommand(traverse(runtime)).addCommand(paths(runtime));
}

/** The options of every question. */
const question = (name: string): Command =>
  serverCommand(name)
    .addOption(
      new Option('--direction <way>', 'along the edges, against them, or either')
        .choices(['out', 'in', 'both'])
        .default('out'),
    )
    .option('--type <type...>', 'only edges of these types')
    .option('--filter <json>', 'only nodes whose properties match, for example {"city": "Oslo"}', jsonObject)
    .option('--as-of <time>', 'only edges that hold then (default: now)');

const passing = ({ direction, type, filter, asOf }: PassingOptions) => ({
  direction,
  ...(type === undefined ? {} : { types: type }),
  ...(filter === undefined ? {} : { filter }),
  ...(asOf === undefined ? {} : { as_of: asOf }),
});

const list = (runtime: Runtime): Command =>
  serverCommand('list')
    .description('the graphs of the project, by name')
    .option('--limit <n>', 'graphs at most', integerBetween(1, 1000), 100)
    .action((options: CommonOptions & { readonly limit: number }) =>
      runtime.run(options, async ({ io, json, client }) => {
        const page = await client().get('/v1/graphs', { query: { limit: options.limit } });
        if (json) return writeJson(io, page);
        for (const { name, description } of page.data) {
          io.out.write(`${printable(description === null ? name : `${name}  ${description}`)}\n`);
        }
      }),
    );

const traverse = (runtime: Runtime): Command =>
  question('traverse')
    .description('the nodes within some edges of others, the nearest first')
    .argument('<graph>')
    .argument('<ids...>', 'the nodes to start from')
    .option('--depth <n>', 'edges at most', integerBetween(1, 10), 2)
    .option('--limit <n>', 'nodes at most', integerBetween(1, 1000), 100)
    .action((graph: string, ids: string[], options: TraverseOptions) =>
      runtime.run(options, async ({ io, json, client }) => {
        const body = { ids, ...passing(options), max_depth: options.depth, limit: options.limit };
        const answer = await client().post('/v1/graphs/{graph}/traverse', { path: { graph }, body, ...QUESTION });
        if (json) return writeJson(io, answer);
        for (const { node, distance } of answer.nodes) {
          io.out.write(`${distance}  ${printable([node.id, ...node.labels].join('  '))}\n`);
        }
        tellBounds(io, answer);
      }),
    );

const paths = (runtime: Runtime): Command =>
  question('paths')
    .description('the shortest path between two nodes, or several')
    .argument('<graph>')
    .argument('<from>')
    .argument('<to>')
    .option('--weighted', 'count the weights of the edges, not their number')
    .option('--k <n>', 'the n shortest paths', integerBetween(1, 100))
    .action((graph: string, from: string, to: string, options: PathsOptions) =>
      runtime.run(options, async ({ io, json, client }) => {
        const several = options.k === undefined ? {} : { mode: 'k_shortest' as const, limit: options.k };
        const body = { from, to, ...passing(options), ...several, ...(options.weighted ? { weighted: true } : {}) };
        const answer = await client().post('/v1/graphs/{graph}/paths', { path: { graph }, body, ...QUESTION });
        if (json) return writeJson(io, answer);
        for (const { nodes, length, weight } of answer.paths) {
          io.out.write(`${printable(nodes.join(' -> '))}  (${length} edges, weight ${weight})\n`);
        }
        tellBounds(io, answer);
      }),
    );

type Bounded = Pick<Answer<'post', '/v1/graphs/{graph}/paths'>, 'truncated' | 'truncated_by'>;

function tellBounds(io: CliIo, { truncated, truncated_by: by }: Bounded): void {
  if (truncated) note(io, io.errPalette.dim(`There may be more: the search ended at its bound (${String(by)}).`));
}
