import type { Command } from 'commander';
import type { BrokerGrant } from '../../client';
import { note, serverCommand, writeJson, type CommonOptions, type Runtime } from '../command';
import { usageError } from '../errors';
import { renderTable, type Column } from '../output/table';
import { LARGE_PAGES, readAll } from '../read-all';

interface GrantOptions extends CommonOptions {
  readonly read?: boolean;
  readonly write?: boolean;
}

const COLUMNS: readonly Column<BrokerGrant>[] = [
  { title: "broker's topic", value: ({ topic }) => topic },
  { title: 'access', value: ({ access }) => access.join(' ') },
  { title: 'changed', value: ({ updated_at }) => updated_at },
];

/** The broker's topics outside of a project's own prefix: what it may read and write of them. */
export const grantCommands = (runtime: Runtime): Command[] => [list(runtime), grant(runtime), revoke(runtime)];

const list = (runtime: Runtime): Command =>
  serverCommand('grants')
    .description("list the broker's topics that a project may use besides its own")
    .argument('<project>')
    .action((project: string, options: CommonOptions) =>
      runtime.run(options, async ({ io, json, client }) => {
        const grants = await readAll(
          client().list('/v1/projects/{name}/broker-grants', { path: { name: project }, query: LARGE_PAGES }),
        );
        if (json) return writeJson(io, { data: grants });
        io.out.write(renderTable(COLUMNS, grants, io.palette));
      }),
    );

const grant = (runtime: Runtime): Command =>
  serverCommand('grant')
    .description("let a project read or write one of the broker's topics")
    .argument('<project>')
    .argument('<topic>', "the topic's name on the broker")
    .option('--read', 'subscribe to it')
    .option('--write', 'have events sent to it')
    .action((project: string, topic: string, options: GrantOptions) =>
      runtime.run(options, async ({ io, json, client }) => {
        const access = (['read', 'write'] as const).filter((kind) => options[kind] === true);
        if (access.length === 0) throw usageError('This would grant nothing.', 'Add --read, --write or both.');
        const granted = await client().put('/v1/projects/{name}/broker-grants/{topic}', {
          path: { name: project, topic },
          body: { access },
        });
        if (json) return writeJson(io, granted);
        note(io, `Project "${project}" may ${granted.access.join(' and ')} "${topic}".`);
      }),
    );

const revoke = (runtime: Runtime): Command =>
  serverCommand('revoke')
    .description("take one of the broker's topics from a project; subscriptions to it are paused")
    .argument('<project>')
    .argument('<topic>')
    .action((project: string, topic: string, options: CommonOptions) =>
      runtime.run(options, async ({ io, json, client }) => {
        await client().delete('/v1/projects/{name}/broker-grants/{topic}', { path: { name: project, topic } });
        if (json) return writeJson(io, { revoked: topic });
        note(io, `Project "${project}" may no longer use "${topic}".`);
      }),
    );
