import { Command, Option } from 'commander';
import { integerBetween, note, serverCommand, writeJson, type CommonOptions, type Runtime } from '../command';
import type { Body, Collection, IndexAdvice } from '../../client';
import { mustBeConfirmed } from '../confirm';
import { renderPairs, renderTable, type Column } from '../output/table';
import { LARGE_PAGES, readAll } from '../read-all';

const MOST_DIMENSIONS = 16_000; // the most a pgvector column holds

export function collectionsCommand(runtime: Runtime): Command {
  return new Command('collections')
    .description('named sets of records')
    .addCommand(list(runtime))
    .addCommand(create(runtime))
    .addCommand(show(runtime))
    .addCommand(advise(runtime))
    .addCommand(remove(runtime));
}

const COLUMNS: readonly Column<Collection>[] = [
  { title: 'collection', value: (collection) => collection.name },
  { title: 'records', value: (collection) => collection.records, align: 'right' },
  { title: 'dimension', value: (collection) => collection.dimension, align: 'right' },
  { title: 'metric', value: (collection) => collection.metric },
  { title: 'model', value: (collection) => collection.embedding_model },
  { title: 'created', value: (collection) => collection.created_at },
];

const list = (runtime: Runtime): Command =>
  serverCommand('list')
    .description('list the collections')
    .action((options: CommonOptions) =>
      runtime.run(options, async ({ io, json, client }) => {
        const collections = await readAll(client().list('/v1/collections', { query: LARGE_PAGES }));
        if (json) return writeJson(io, { data: collections });
        io.out.write(renderTable(COLUMNS, collections, io.palette));
      }),
    );

interface CreateOptions extends CommonOptions {
  readonly dimension?: number;
  readonly metric?: Collection['metric'];
  readonly model?: string;
  readonly language?: Collection['text']['language'];
}

const create = (runtime: Runtime): Command =>
  serverCommand('create')
    .description('create a collection; without dimension and model it uses the default model')
    .argument('<name>')
    .option('--dimension <n>', 'numbers in a vector', integerBetween(1, MOST_DIMENSIONS))
    .addOption(new Option('--metric <metric>', 'how vectors compare').choices(['cosine', 'dot', 'euclid', 'manhattan']))
    .option('--model <name>', 'embedding model; it determines the dimension')
    .option('--language <code>', 'language of the texts for keyword search, such as "de"; default "auto"')
    .action((name: string, options: CreateOptions) =>
      runtime.run(options, async ({ io, json, client }) => {
        const body: Body<'put', '/v1/collections/{collection}'> = {
          ...(options.dimension === undefined ? {} : { dimension: options.dimension }),
          ...(options.metric === undefined ? {} : { metric: options.metric }),
          ...(options.model === undefined ? {} : { embedding_model: options.model }),
          ...(options.language === undefined ? {} : { text: { language: options.language } }),
        };
        // Creates only: an existing collection is a conflict, and is never changed by accident.
        const headers = { 'if-none-match': '*' };
        const collection = await client().put('/v1/collections/{collection}', {
          path: { collection: name },
          body,
          headers,
        });
        if (json) return writeJson(io, collection);
        note(io, `Created collection "${name}" (${collection.dimension} dimensions, ${collection.metric}).`);
      }),
    );

const show = (runtime: Runtime): Command =>
  serverCommand('show')
    .description('show one collection and how many records it has')
    .argument('<name>')
    .action((name: string, options: CommonOptions) =>
      runtime.run(options, async ({ io, json, client }) => {
        const collection = await client().get('/v1/collections/{collection}', { path: { collection: name } });
        if (json) return writeJson(io, collection);
        io.out.write(renderPairs(Object.entries(collection), io.palette));
      }),
    );

type Advice = IndexAdvice['advice'][number];

const ADVICE: readonly Column<Advice>[] = [
  { title: 'field', value: ({ field }) => field },
  { title: 'type', value: ({ type }) => type },
  { title: 'operators', value: ({ operators }) => operators.join(' ') },
  { title: 'slow searches', value: ({ searches }) => searches, align: 'right' },
  { title: 'mean ms', value: ({ mean_ms }) => mean_ms, align: 'right' },
  { title: 'with index', value: ({ expected_ms }) => expected_ms, align: 'right' },
  { title: 'action', value: ({ action }) => action },
  { title: 'reason', value: ({ reason }) => reason },
];

const advise = (runtime: Runtime): Command =>
  serverCommand('advise')
    .description('name the metadata fields that were filtered slowly, and what an index on each would do')
    .argument('<name>')
    .option('--apply', 'build the indexes that are advised, in the background')
    .action((name: string, options: CommonOptions & { apply?: boolean }) =>
      runtime.run(options, async ({ io, json, client }) => {
        const path = '/v1/collections/{collection}/advice';
        const of = { path: { collection: name } };
        const found = options.apply
          ? await client().post('/v1/collections/{collection}/advice/apply', of)
          : await client().get(path, of);
        if (json) return writeJson(io, found);
        if (found.advice.length === 0) return note(io, `No filter on "${name}" was slow.`);
        io.out.write(renderTable(ADVICE, found.advice, io.palette));
        if (!options.apply && found.advice.some(({ action }) => action === 'create_index')) {
          note(io, `Next: zerodb collections advise ${name} --apply`);
        }
      }),
    );

const remove = (runtime: Runtime): Command =>
  serverCommand('delete')
    .description('delete a collection with all its records')
    .argument('<name>')
    .option('--yes', 'confirm; without it nothing is deleted')
    .action((name: string, options: CommonOptions & { yes?: boolean }) =>
      runtime.run(options, async ({ io, json, client }) => {
        mustBeConfirmed(options.yes, `Deleting collection "${name}" deletes all its records.`);
        await client().delete('/v1/collections/{collection}', { path: { collection: name } });
        if (json) return writeJson(io, { deleted: name });
        note(io, `Deleted collection "${name}".`);
      }),
    );
