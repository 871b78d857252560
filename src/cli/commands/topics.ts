import { Command } from 'commander';
import { integerBetween, note, serverCommand, writeJson, type CommonOptions, type Runtime } from '../command';
import { mustBeConfirmed } from '../confirm';
import { renderTable, type Column } from '../output/table';
import { readAll } from '../read-all';

interface Topic {
  readonly name: string;
  readonly changes: readonly string[];
  readonly broker: { readonly enabled: boolean; readonly topic: string };
  readonly created_at: string;
}

interface DeadLetter {
  readonly id: string;
  readonly consumer: string;
  readonly state: string;
  readonly offset: number;
  readonly event_id: string;
  readonly key: string | null;
  readonly error: string;
}

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

const pathOf = (topic: string): string => `/v1/topics/${encodeURIComponent(topic)}`;

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
        const topics = await readAll<Topic>(client(), '/v1/topics');
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
        const topic = await client().json<Topic>('PUT', pathOf(name), { body, headers });
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
        await client().json('DELETE', pathOf(name));
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
        const letters = await readAll<DeadLetter>(client(), `${pathOf(topic)}/dead-letters`);
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
        await client().json('POST', `${pathOf(topic)}/dead-letters/${encodeURIComponent(id)}/replay`);
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
        await client().json('DELETE', `${pathOf(topic)}/dead-letters/${encodeURIComponent(id)}`);
        if (json) return writeJson(io, { dropped: id });
        note(io, `Dropped dead letter ${id}.`);
      }),
    );
