import { Command } from 'commander';
import type { DeadLetter, Topic } from '../../client';
import { integerBetween, note, serverCommand, writeJson, type CommonOptions, type Runtime } from '../command';
import { mustBeConfirmed } from '../confirm';
import { renderTable, type Column } from '../output/table';
import { LARGE_PAGES, readAll } from '../read-all';

const MAX_RETENTION_SECONDS = 10 * 366 * 86_400;

export function topicsCommand(runtime: Runtime): Command {
  return new Command('topics')
    .description('where events are published')
    .addCommand(list(runtime))
    .addCommand(create(runtime))
    .addCommand(remove(runtime))
    .addCommand(deadLetters(runtime))
    .addCommand(replay(runtime))
    .addCommand(drop(runtime));
}

const COLUMNS: readonly Column<Topic>[] = [
  { title: 'topic', value: ({ name }) => name },
  { title: 'changes', value: ({ changes }) => changes.join(' ') },
  { title: 'on the broker', value: ({ broker }) => (broker.enabled ? broker.topic : 'no') },
  { title: 'created', value: ({ created_at }) => created_at },
];

const LETTER_COLUMNS: readonly Column<DeadLetter>[] = [
  { title: 'id', value: ({ id }) => id, align: 'right' },
  { title: 'consumer', value: ({ consumer }) => consumer },
  { title: 'state', value: ({ state }) => state },
  { title: 'offset', value: ({ offset }) => offset, align: 'right' },
  { title: 'key', value: ({ key }) => key ?? '' },
  { title: 'error', value: ({ error }) => error },
];

const list = (runtime: Runtime): Command =>
  serverCommand('list')
    .description('list the topics')
    .action((options: CommonOptions) =>
      runtime.run(options, async ({ io, json, client }) => {
        const topics = await readAll(client().list('/v1/topics', { query: LARGE_PAGES }));
        if (json) return writeJson(io, { data: topics });
        io.out.write(renderTable(COLUMNS, topics, io.palette));
      }),
    );

interface CreateOptions extends CommonOptions {
  readonly changes?: string[];
  readonly retention?: number;
  readonly brokerTopic?: string;
}

const create = (runtime: Runtime): Command =>
  serverCommand('create')
    .description('create a topic')
    .argument('<name>')
    .option('--changes <types...>', 'changes that become events here, such as "zerodb.record.*"')
    .option('--retention <seconds>', 'how long events are kept', integerBetween(60, MAX_RETENTION_SECONDS))
    .option('--broker-topic <name>', "the broker's topic that follows it")
    .action((name: string, options: CreateOptions) =>
      runtime.run(options, async ({ io, json, client }) => {
        const body = {
          ...(options.changes === undefined ? {} : { changes: options.changes }),
          ...(options.retention === undefined ? {} : { retention_seconds: options.retention }),
          ...(options.brokerTopic === undefined ? {} : { broker: { topic: options.brokerTopic } }),
        };
        const headers = { 'if-none-match': '*' };
        const topic = await client().put('/v1/topics/{topic}', { path: { topic: name }, body, headers });
        if (json) return writeJson(io, topic);
        note(io, `Created topic "${name}".`);
      }),
    );

const remove = (runtime: Runtime): Command =>
  serverCommand('delete')
    .description('drop a topic and its events')
    .argument('<name>')
    .option('--yes', 'confirm; without it nothing is deleted')
    .action((name: string, options: CommonOptions & { yes?: boolean }) =>
      runtime.run(options, async ({ io, json, client }) => {
        mustBeConfirmed(options.yes, `Deleting topic "${name}" deletes its events, groups and dead letters.`);
        await client().delete('/v1/topics/{topic}', { path: { topic: name } });
        if (json) return writeJson(io, { deleted: name });
        note(io, `Deleted topic "${name}".`);
      }),
    );

const deadLetters = (runtime: Runtime): Command =>
  serverCommand('dead-letters')
    .description('list events that could not be delivered')
    .argument('<topic>')
    .action((topic: string, options: CommonOptions) =>
      runtime.run(options, async ({ io, json, client }) => {
        const letters = await readAll(
          client().list('/v1/topics/{topic}/dead-letters', { path: { topic }, query: LARGE_PAGES }),
        );
        if (json) return writeJson(io, { data: letters });
        io.out.write(renderTable(LETTER_COLUMNS, letters, io.palette));
      }),
    );

const replay = (runtime: Runtime): Command =>
  serverCommand('replay')
    .description('retry a dead letter, and then the events waiting behind it')
    .argument('<topic>')
    .argument('<id>')
    .action((topic: string, id: string, options: CommonOptions) =>
      runtime.run(options, async ({ io, json, client }) => {
        await client().post('/v1/topics/{topic}/dead-letters/{id}/replay', { path: { topic, id } });
        if (json) return writeJson(io, { replayed: id });
        note(io, `Dead letter ${id} is being retried.`);
      }),
    );

const drop = (runtime: Runtime): Command =>
  serverCommand('drop')
    .description('drop a dead letter; the events waiting behind it are delivered')
    .argument('<topic>')
    .argument('<id>')
    .option('--yes', 'confirm; without it nothing is dropped')
    .action((topic: string, id: string, options: CommonOptions & { yes?: boolean }) =>
      runtime.run(options, async ({ io, json, client }) => {
        mustBeConfirmed(options.yes, `Dropping dead letter ${id} loses its event for that consumer.`);
        await client().delete('/v1/topics/{topic}/dead-letters/{id}', { path: { topic, id } });
        if (json) return writeJson(io, { dropped: id });
        note(io, `Dropped dead letter ${id}.`);
      }),
    );
