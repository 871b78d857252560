import type { Command } from 'commander';
import { note, serverCommand, writeJson, type CommonOptions, type Runtime } from '../command';
import { follow } from '../operation';
import { formatDuration } from '../output/format';

export const rebuildCommand = (runtime: Runtime): Command =>
  rebuild(runtime).description(
    "rebuild a service's copy from scratch (zerodb rebuild qdrant), while the product serves",
  );

/** Also under `zerodb services`. */
export const rebuild = (runtime: Runtime): Command =>
  serverCommand('rebuild')
    .argument('<service>')
    .option('--no-wait', 'start it, print the operation, and do not wait')
    .action((name: string, options: CommonOptions & { readonly wait: boolean }) =>
      runtime.run(options, async (context) => {
        const { io, json, client } = context;
        const begunAt = performance.now();
        const begun = await client().post('/v1/services/{service}/rebuild', { path: { service: name } });
        const ended = options.wait ? await follow(context, begun, `Rebuilding ${name}`) : begun;
        if (json) return writeJson(io, ended);
        if (!options.wait) return note(io, `Rebuilding ${name}: operation ${begun.id}.`);
        note(
          io,
          `Rebuilt ${name} in ${formatDuration(performance.now() - begunAt)}; it was compared and serves again.`,
        );
      }),
    );
