import { Option, type Command } from 'commander';
import {
  integerBetween,
  jsonObject,
  note,
  serverCommand,
  writeJson,
  type CommonOptions,
  type Runtime,
} from '../command';
import type { Body, SearchAnswer, SearchResult } from '../../client';
import type { CliIo } from '../io';
import { printable, snippet } from '../output/printable';

type SearchBody = Body<'post', '/v1/collections/{collection}/search'>;

interface SearchOptions extends CommonOptions {
  readonly mode?: NonNullable<SearchBody['mode']>;
  readonly limit: number;
  readonly filter?: Record<string, unknown>;
  readonly exact?: boolean;
  readonly explain?: boolean;
}

const SNIPPET_LINES = 3;

export function searchCommand(runtime: Runtime): Command {
  return serverCommand('search')
    .description('search a collection by meaning and by words')
    .argument('<collection>')
    .argument('<text>', 'what to look for, in plain words')
    .addOption(new Option('--mode <mode>', 'how to rank (default hybrid)').choices(['hybrid', 'vector', 'keyword']))
    .option('--limit <n>', 'results at most', integerBetween(1, 1000), 10)
    .option('--filter <json>', 'only records whose metadata match, for example {"year": {"$gte": 2020}}', jsonObject)
    .option('--exact', 'compare with every vector instead of using the index')
    .option('--explain', 'show how the results were found')
    .action((collection: string, text: string, options: SearchOptions) =>
      runtime.run(options, async ({ io, json, client }) => {
        const answer = await client().post('/v1/collections/{collection}/search', {
          path: { collection },
          body: searchBody(text, options),
          timeoutMs: 30_000,
          retries: 2,
          repeatable: true,
        });
        if (json) return writeJson(io, answer);
        renderAnswer(io, answer);
      }),
    );
}

const searchBody = (text: string, options: SearchOptions): SearchBody => ({
  query: { text },
  limit: options.limit,
  ...(options.mode === undefined ? {} : { mode: options.mode }),
  ...(options.filter === undefined ? {} : { filter: options.filter }),
  ...(options.exact === true ? { exact: true } : {}),
  ...(options.explain === true ? { explain: true } : {}),
});

function renderAnswer(io: CliIo, answer: SearchAnswer): void {
  answer.results.forEach((result, index) => io.out.write(renderResult(io, result, index + 1)));
  if (answer.explain !== undefined) io.out.write(`${printable(JSON.stringify(answer.explain, null, 2))}\n`);
  const found = answer.results.length === 0 ? 'No results' : `${answer.results.length} results`;
  const degraded = answer.degraded === true ? `, degraded (${answer.degraded_reasons?.join(', ') ?? ''})` : '';
  note(
    io,
    io.errPalette.dim(`${found} in ${answer.took_ms ?? '?'} ms, served by ${answer.served_by ?? '?'}${degraded}`),
  );
}

/** A numbered headline (where from, score), then a few lines of the text. */
export function renderResult(io: CliIo, result: SearchResult, rank: number): string {
  const { palette } = io;
  const metadata = result.metadata ?? {};
  const place = [metadata['path'] ?? result.id, metadata['heading'] ?? metadata['title']]
    .filter((part) => typeof part === 'string' && part !== '')
    .map((part) => snippet(String(part), io.width))
    .join(' › ');
  const score = palette.dim(result.score.toPrecision(4));
  const lines = [`${palette.bold(`${rank}.`)} ${palette.cyan(place)}  ${score}`];
  const ranks = Object.entries(result.scores ?? {}).map(([mode, part]) => `${mode} #${part.rank}`);
  if (ranks.length > 0) lines.push(`   ${palette.dim(ranks.join(', '))}`);
  if (typeof result.text === 'string')
    lines.push(...wrap(snippet(result.text, (io.width - 3) * SNIPPET_LINES), io.width - 3));
  return `${lines.join('\n')}\n\n`;
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + word.length + 1 > width) {
      lines.push(`   ${line}`);
      line = '';
    }
    line = line === '' ? word : `${line} ${word}`;
  }
  return line === '' ? lines : [...lines, `   ${line}`];
}
