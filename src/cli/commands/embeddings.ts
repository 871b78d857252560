import { Command } from 'commander';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Reembedding } from '../../client';
import { note, serverCommand, writeJson, type CommonOptions, type Context, type Runtime } from '../command';
import { formatCount } from '../output/format';
import { createProgress } from '../output/progress';

const POLL_MS = 250;
/** A server that restarts meanwhile is waited for. */
const RETRIES = 8;

/** Collections and the models that embed them. */
export const embeddingsCommand = (runtime: Runtime): Command =>
  new Command('embeddings')
    .description('move a collection, or @memories, to another embedding model')
    .addCommand(migrateCommand(runtime))
    .addCommand(statusCommand(runtime))
    .addCommand(changeCommand(runtime, 'switch', 'let the new model serve'))
    .addCommand(changeCommand(runtime, 'rollback', 'let the previous model serve again'))
    .addCommand(dropCommand(runtime));

const REEMBEDDINGS = '/v1/collections/{collection}/reembeddings';

const migrateCommand = (runtime: Runtime): Command =>
  serverCommand('migrate')
    .description('re-embed it in a hidden copy behind the serving one')
    .argument('<collection>')
    .requiredOption('--model <model>', 'the new embedding model')
    .option('--no-wait', 'start it, and do not wait')
    .action((collection: string, options: CommonOptions & { readonly model: string; readonly wait: boolean }) =>
      runtime.run(options, async (context) => {
        const body = { model: options.model };
        const begun = await context.client().post(REEMBEDDINGS, { path: { collection }, body });
        const now = options.wait ? await untilReady(context, begun) : begun;
        show(context, now);
        if (now.state === 'ready' && !context.json) note(context.io, `Next: zerodb embeddings switch ${collection}`);
      }),
    );

/** Ctrl-C leaves it running on the server. */
async function untilReady({ io, client, signal }: Context, begun: Reembedding): Promise<Reembedding> {
  const label = `Re-embedding ${begun.collection}`;
  const bar = createProgress(io.err, io.interactive, { label, total: begun.progress.total, format: formatCount });
  try {
    for (let now = begun; ; await sleep(POLL_MS, undefined, { signal })) {
      bar.total(now.progress.total);
      bar.update(now.progress.done);
      if (now.state !== 'filling') return now;
      now = await client().get(REEMBEDDINGS, { path: { collection: now.collection }, retries: RETRIES, signal });
    }
  } finally {
    bar.stop();
  }
}

const statusCommand = (runtime: Runtime): Command =>
  serverCommand('status')
    .description('progress, and how the two models compare')
    .argument('<collection>')
    .action((collection: string, options: CommonOptions) =>
      runtime.run(options, async (context) =>
        show(context, await context.client().get(REEMBEDDINGS, { path: { collection } })),
      ),
    );

const changeCommand = (runtime: Runtime, action: 'switch' | 'rollback', description: string): Command =>
  serverCommand(action)
    .description(description)
    .argument('<collection>')
    .action((collection: string, options: CommonOptions) =>
      runtime.run(options, async (context) =>
        show(context, await context.client().post(`${REEMBEDDINGS}/${action}`, { path: { collection } })),
      ),
    );

const dropCommand = (runtime: Runtime): Command =>
  serverCommand('drop')
    .description('drop the copy that does not serve')
    .argument('<collection>')
    .action((collection: string, options: CommonOptions) =>
      runtime.run(options, async ({ io, json, client }) => {
        await client().delete(REEMBEDDINGS, { path: { collection } });
        if (json) writeJson(io, { dropped: collection });
        else note(io, `Dropped the other copy of ${collection}.`);
      }),
    );

function show({ io, json }: Context, shown: Reembedding): void {
  if (json) return writeJson(io, shown);
  const { collection, from_model: from, to_model: to, state, progress, backlog, comparison } = shown;
  const serves = state === 'switched' ? to : from;
  io.out.write(`${collection}: ${from} -> ${to}, ${state}; ${serves} serves\n`);
  io.out.write(
    `embedded ${formatCount(progress.done)} of ${formatCount(progress.total)}, ${backlog.waiting} waiting\n`,
  );
  if (backlog.refused > 0) io.out.write(`refused ${backlog.refused}: ${backlog.reason ?? ''}\n`);
  if (comparison) {
    io.out.write(
      `overlap of the ten nearest ${comparison.overlap_at_10}, same first ${comparison.same_first} (${comparison.queries} queries)\n`,
    );
  }
  if (shown.last_error !== null) io.out.write(`last fault: ${shown.last_error}\n`);
}
