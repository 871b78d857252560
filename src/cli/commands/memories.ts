import { Command } from 'commander';
import { integerBetween, serverCommand, writeJson, type CommonOptions, type Runtime } from '../command';
import { printable } from '../output/printable';

interface ScopeOptions extends CommonOptions {
  readonly user?: string;
  readonly agent?: string;
  readonly session?: string;
}

interface SearchOptions extends ScopeOptions {
  readonly limit: number;
  readonly asOf?: string;
}

/** What agents remember. */
export const memoriesCommand = (runtime: Runtime): Command =>
  new Command('memories')
    .description('remember and recall')
    .addCommand(addCommand(runtime))
    .addCommand(searchCommand(runtime));

const scoped = (command: Command): Command =>
  command
    .option('--user <id>', 'user of the memory')
    .option('--agent <id>', 'agent of the memory')
    .option('--session <id>', 'session of the memory');

const addCommand = (runtime: Runtime): Command =>
  scoped(serverCommand('add').description('remember a fact').argument('<content>')).action(
    (content: string, options: ScopeOptions) =>
      runtime.run(options, async ({ io, json, client }) => {
        const body = { content, ...scopeOf(options) };
        const answer = await client().post('/v1/memories', { body });
        if (json) return writeJson(io, answer);
        for (const { id, status } of answer.data) io.out.write(`${status}${id === null ? '' : ` ${id}`}\n`);
      }),
  );

const searchCommand = (runtime: Runtime): Command =>
  scoped(serverCommand('search').description('recall by meaning and by words').argument('<question>'))
    .option('--limit <n>', 'results at most', integerBetween(1, 1000), 10)
    .option('--as-of <date-time>', 'what was valid then (RFC 3339)')
    .action((query: string, options: SearchOptions) =>
      runtime.run(options, async ({ io, json, client }) => {
        const asOf = options.asOf === undefined ? {} : { as_of: options.asOf };
        const body = { query, limit: options.limit, ...asOf, ...scopeOf(options) };
        const answer = await client().post('/v1/memories/search', { body, retries: 2, repeatable: true });
        if (json) return writeJson(io, answer);
        for (const { valid_from, content } of answer.results) {
          io.out.write(`${valid_from.slice(0, 10)}  ${printable(content)}\n`);
        }
      }),
    );

const scopeOf = ({ user, agent, session }: ScopeOptions): Record<string, string> => ({
  ...(user === undefined ? {} : { user_id: user }),
  ...(agent === undefined ? {} : { agent_id: agent }),
  ...(session === undefined ? {} : { session_id: session }),
});
