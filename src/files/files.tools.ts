import { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { invalidAt, ZeroDbError } from '../common/errors';
import { trimEndOf } from '../common/trim-end';
import { defineTool, plain, stored, McpTool, type ToolInput, type ToolOutput } from '../api/tool';
import { readPart } from './objects/file-part';
import { presentFile } from './objects/file';
import { fileParams } from './objects/file.schemas';
import { FilesService } from './objects/files.service';
import { contentTypeIn } from './objects/upload-body';

/** Bytes of a file that one call returns at most. */
const PART_BYTES = 64 * 1024;
/** Clients cut results of more than 25,000 tokens, and a result holds its value twice. */
const PART_TOKENS = 12_000;

const reading = {
  bucket: z.string().optional(),
  key: z.string().optional(),
  prefix: z.string().optional(),
  offset: z.int().min(0).optional(),
  limit: z.int().min(1).max(100).optional(),
  after: z.string().optional(),
};

const output = {
  type: 'object',
  properties: {
    data: { type: 'array', items: { type: 'object' } },
    text: { type: 'string' },
    base64: { type: 'string' },
    next_offset: { type: 'integer' },
  },
};

const ABOUT_READING = 'list (buckets, or a bucket by prefix), read (a page from offset; go on at next_offset)';

/** For read-only keys: the same tool without its writing actions. */
const readFiles = defineTool({
  name: 'files',
  description: `Files: ${ABOUT_READING}.`,
  access: 'read',
  input: z.strictObject({ action: z.enum(['list', 'read']), ...reading }),
  output,
  annotations: { readOnlyHint: true },
});

const files = defineTool({
  name: 'files',
  description: `Files: ${ABOUT_READING}, write (text or base64), delete.`,
  access: 'write',
  input: z.strictObject({
    action: z.enum(['list', 'read', 'write', 'delete']),
    ...reading,
    text: z.string().optional(),
    base64: z.string().optional(),
    content_type: z.string().optional(),
  }),
  output,
  annotations: { readOnlyHint: false, destructiveHint: true },
});

type Args = z.output<typeof files.input>;
type Call = ToolInput<typeof files>;

/** Files, as an MCP tool. */
@Injectable()
export class FilesTools {
  constructor(private readonly files: FilesService) {}

  @McpTool(readFiles)
  async readFiles(input: ToolInput<typeof readFiles>): Promise<ToolOutput> {
    return await this.use(input);
  }

  @McpTool(files)
  async use({ args, ...rest }: Omit<Call, 'args'> & { readonly args: Args }): Promise<ToolOutput> {
    const input = { ...rest, args };
    switch (args.action) {
      case 'list':
        return await this.list(input);
      case 'read':
        return await this.read(input);
      case 'write':
        return await this.write(input);
      case 'delete':
        await input.call('deleteFile', { params: at(args, []) });
        return plain({ deleted: args.key });
    }
  }

  private async list({ args, call }: Call): Promise<ToolOutput> {
    const { bucket, prefix, limit, after } = args;
    refuse(args, ['key', 'offset', 'text', 'base64', 'content_type']);
    if (bucket === undefined) refuse(args, ['prefix']);
    const query = present({ prefix, limit, after });
    const page =
      bucket === undefined
        ? await call('listBuckets', { query })
        : await call('listFiles', { params: { bucket }, query });
    return stored(page as Record<string, unknown>);
  }

  private async read({ args, caller }: Call): Promise<ToolOutput> {
    const { bucket, key } = at(args, ['text', 'base64', 'content_type']);
    const file = await this.files.find(caller.scope, bucket, key);
    const range = { start: args.offset ?? 0, bytes: PART_BYTES, tokens: PART_TOKENS };
    return stored(await readPart(this.files, caller.scope, file, range));
  }

  private async write({ args, caller, signal }: Call): Promise<ToolOutput> {
    const { bucket, key } = at(args, ['offset']);
    const bytes = bytesOf(args);
    const contentType = typeOf(args);
    const { file } = await this.files.put(
      caller.scope,
      {
        bucket,
        key,
        facts: { contentType, contentEncoding: null, disposition: null, metadata: {} },
        size: bytes.length,
        conditions: { createOnly: false, hashes: undefined },
        signal,
      },
      Readable.from([bytes]),
    );
    return plain(presentFile(file));
  }
}

/** The one file an action is about. Arguments of other actions are rejected. */
const at = (args: Args, others: readonly (keyof Args)[]): { bucket: string; key: string } => {
  refuse(args, ['prefix', 'limit', 'after', ...others]);
  const parsed = fileParams.safeParse({ bucket: args.bucket, key: args.key });
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw invalidAt(`/${String(issue?.path[0] ?? 'key')}`, issue?.message ?? 'is needed');
};

const refuse = (args: Args, names: readonly (keyof Args)[]): void => {
  const foreign = names.find((name) => args[name] !== undefined);
  if (foreign !== undefined) throw invalidAt(`/${foreign}`, `does not belong to the action "${args.action}"`);
};

const present = (query: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined));

const bytesOf = ({ text, base64 }: Args): Buffer => {
  if ((text === undefined) === (base64 === undefined)) throw invalidAt('/text', 'pass exactly one of text and base64');
  if (text !== undefined) return Buffer.from(text, 'utf8');
  const bytes = Buffer.from(base64 ?? '', 'base64');
  if (trimEndOf(bytes.toString('base64'), '=') !== trimEndOf(base64 ?? '', '='))
    throw invalidAt('/base64', 'is not base64');
  return bytes;
};

const typeOf = ({ content_type: given, text }: Args): string => {
  try {
    return contentTypeIn({ 'content-type': given ?? (text === undefined ? '' : 'text/plain; charset=utf-8') });
  } catch (error) {
    throw error instanceof ZeroDbError ? invalidAt('/content_type', 'must be a media type') : error;
  }
};
