import { createReadStream, createWriteStream } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Command } from 'commander';
import type { Body, StoredFile } from '../../client';
import {
  integerBetween,
  note,
  serverCommand,
  writeJson,
  type CommonOptions,
  type Context,
  type Runtime,
} from '../command';
import { mustBeConfirmed } from '../confirm';
import { usageError } from '../errors';
import { formatBytes } from '../output/format';
import { printable } from '../output/printable';
import { createProgress } from '../output/progress';
import { LARGE_PAGES, readAll } from '../read-all';
import { bytesOf, counted } from '../streams';

/** `BUCKET/KEY` as the parameters of a path. */
const filePath = (name: string): { bucket: string; key: string } => {
  const { bucket, key } = bucketOf(name);
  if (bucket === '' || !name.includes('/'))
    throw usageError(`"${name}" does not name a file.`, 'Name it as BUCKET/KEY.');
  return { bucket, key };
};

const bucketOf = (name: string): { bucket: string; key: string } => {
  const [bucket = '', ...steps] = name.split('/');
  return { bucket, key: steps.join('/') };
};

export function filesCommand(runtime: Runtime): Command {
  const command = serverCommand('files').description('store, read and list files');
  for (const make of [buckets, list, put, get, remove, presign]) command.addCommand(make(runtime));
  return command;
}

const buckets = (runtime: Runtime): Command =>
  serverCommand('buckets')
    .description('list the buckets, or create one')
    .argument('[create]', 'name of a bucket to create')
    .option('--public', 'files are read without a key')
    .option('--mirror', 'keep a second copy')
    .option('--compress', 'compress types that benefit')
    .action((name: string | undefined, options: CommonOptions & Readonly<Record<string, unknown>>) =>
      runtime.run(options, async ({ io, json, client }) => {
        if (name !== undefined) {
          const body: Body<'put', '/v1/buckets/{bucket}'> = {
            access: options['public'] === true ? 'public-read' : 'private',
            mirror: options['mirror'] === true,
            compression: options['compress'] === true ? 'zstd' : 'none',
          };
          const bucket = await client().put('/v1/buckets/{bucket}', { path: { bucket: name }, body });
          return json ? writeJson(io, bucket) : note(io, `Bucket "${name}" is ready.`);
        }
        const all = await readAll(client().list('/v1/buckets', { query: LARGE_PAGES }));
        if (json) return writeJson(io, all);
        for (const one of all) io.out.write(`${printable(one.name)}\t${one.access}\t${one.mirror ? 'mirrored' : ''}\n`);
      }),
    );

const list = (runtime: Runtime): Command =>
  serverCommand('ls')
    .description('list the files of a bucket')
    .argument('<bucket[/prefix]>')
    .action((name: string, options: CommonOptions) =>
      runtime.run(options, async ({ io, json, client }) => {
        const { bucket, key: prefix } = bucketOf(name);
        const files: StoredFile[] = [];
        const query = { ...LARGE_PAGES, prefix };
        for await (const file of client().list('/v1/files/{bucket}', { path: { bucket }, query })) {
          if (json) files.push(file);
          else
            io.out.write(`${formatBytes(file.size).padStart(10)}  ${file.location ?? '-'}  ${printable(file.key)}\n`);
        }
        if (json) writeJson(io, files);
      }),
    );

const put = (runtime: Runtime): Command =>
  serverCommand('put')
    .description('store a local file')
    .argument('<file>', 'the file to send')
    .argument('<bucket/key>', 'where to store it')
    .option('--type <media type>', 'its media type', 'application/octet-stream')
    .action((file: string, name: string, options: CommonOptions & { readonly type: string }) =>
      runtime.run(options, (context) => send(context, file, name, options.type)),
    );

async function send({ io, json, client, signal }: Context, file: string, name: string, type: string): Promise<void> {
  const { size } = await stat(file).catch(() => {
    throw usageError(`There is no file ${file}.`);
  });
  const progress = createProgress(io.err, io.interactive && !json, { label: 'put', total: size, format: formatBytes });
  try {
    const body = counted(createReadStream(file), (sent) => progress.update(sent));
    const stored = await client().put('/v1/files/{bucket}/{key}', {
      path: filePath(name),
      stream: { body, contentType: type },
      signal,
    });
    progress.stop();
    if (json) writeJson(io, stored);
    else note(io, `Stored ${printable(name)}: ${formatBytes(stored.size)}, SHA-256 ${stored.sha256}.`);
  } finally {
    progress.stop();
  }
}

const get = (runtime: Runtime): Command =>
  serverCommand('get')
    .description('read a file')
    .argument('<bucket/key>')
    .option('-o, --output <file>', 'write to this file; - is standard output (default: the last step of the key)')
    .action((name: string, options: CommonOptions & { readonly output?: string }) =>
      runtime.run(options, (context) => receive(context, name, options.output ?? path.basename(name))),
    );

async function receive({ io, json, client, signal }: Context, name: string, output: string): Promise<void> {
  const response = await client().stream('/v1/files/{bucket}/{key}', { path: filePath(name), signal });
  let size = 0;
  const shown = io.interactive && !json && output !== '-';
  const progress = createProgress(io.err, shown, { label: 'get', total: 0, format: formatBytes });
  const body = counted(bytesOf(response), (received) => progress.update((size = received)));
  try {
    if (output === '-') for await (const chunk of body) io.out.write(chunk);
    else await writeWhole(body, output);
  } finally {
    progress.stop();
  }
  if (output === '-') return;
  if (json) writeJson(io, { file: output, bytes: size });
  else note(io, `Wrote ${formatBytes(size)} to ${output}.`);
}

/** Under another name until it is whole. */
async function writeWhole(body: AsyncIterable<Uint8Array>, output: string): Promise<void> {
  const partial = `${output}.partial`;
  try {
    await pipeline(body, createWriteStream(partial));
    await rename(partial, output);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}

const remove = (runtime: Runtime): Command =>
  serverCommand('rm')
    .description('delete a file')
    .argument('<bucket/key>')
    .option('--yes', 'confirm')
    .action((name: string, options: CommonOptions & { readonly yes?: boolean }) =>
      runtime.run(options, async ({ io, json, client }) => {
        mustBeConfirmed(options.yes, `This deletes ${name}.`);
        await client().delete('/v1/files/{bucket}/{key}', { path: filePath(name) });
        if (json) writeJson(io, { deleted: name });
        else note(io, `Deleted ${printable(name)}.`);
      }),
    );

const presign = (runtime: Runtime): Command =>
  serverCommand('presign')
    .description('create a URL that reads or stores one file without a key')
    .argument('<bucket/key>')
    .option('--put', 'the URL stores the file instead of reading it')
    .option('--expires <seconds>', 'how long it works', integerBetween(1, 604_800), 900)
    .action((name: string, options: CommonOptions & { readonly put?: boolean; readonly expires: number }) =>
      runtime.run(options, async ({ io, json, client }) => {
        const { bucket, key } = bucketOf(name);
        const method = options.put === true ? ('PUT' as const) : ('GET' as const);
        const body = { key, method, expires_in: options.expires };
        const api = client();
        const signed = await api.post('/v1/files/{bucket}/presign', { path: { bucket }, body });
        const url = `${api.url}${signed.url}`;
        if (json) writeJson(io, { ...signed, url });
        else io.out.write(`${url}\n`);
      }),
    );
