import { Injectable } from '@nestjs/common';
import {
  ResourceNotFoundError,
  UriTemplate,
  type ReadResourceResult,
  type Resource,
  type ResourceTemplateType,
} from '@modelcontextprotocol/server';
import { ZeroDbError } from '../../common/errors';
import type { Caller } from '../../common/scope';
import { FilesService } from '../../files/objects/files.service';
import { readPart } from '../../files/objects/file-part';
import { described, overview } from './describe';
import { Operations } from './operations';
import { DATA_NOTICE } from './tool-result';

const JSON_TYPE = 'application/json';
/** A resource is read whole; larger files are read in parts by the tool `files`. */
const MAX_FILE_BYTES = 256 * 1024;
const PAGE = 100;
/** A key of 1,024 bytes, each percent-encoded, and the rest. */
const MAX_URI = 4096;

const FIXED: readonly Resource[] = [
  { uri: 'zerodb://schema', name: 'schema', description: 'Every operation, one per line', mimeType: JSON_TYPE },
  { uri: 'zerodb://collections', name: 'collections', description: 'The collections', mimeType: JSON_TYPE },
  { uri: 'zerodb://buckets', name: 'buckets', description: 'The buckets of files', mimeType: JSON_TYPE },
];

const TEMPLATES = {
  operation: 'zerodb://schema/{operation}',
  collection: 'zerodb://collections/{collection}',
  record: 'zerodb://collections/{collection}/records/{id}',
  bucket: 'zerodb://files/{bucket}',
  file: 'zerodb://files/{bucket}/{+key}',
} as const;

type Template = keyof typeof TEMPLATES;

const DESCRIPTIONS: Readonly<Record<Template, string>> = {
  operation: 'JSON Schema of an operation, as the tool run accepts it',
  collection: 'A collection: dimension, metric, model, counts',
  record: 'A record',
  bucket: 'The files of a bucket, by key',
  file: 'A file of up to 256 KiB',
};

/** The more precise before the more general. */
const MATCHERS = (['operation', 'record', 'collection', 'file', 'bucket'] as const).map((name) => ({
  name,
  template: new UriTemplate(TEMPLATES[name]),
}));

/** What there is to read, as MCP resources: collections, files, the schema. */
@Injectable()
export class Resources {
  constructor(
    private readonly operations: Operations,
    private readonly files: FilesService,
  ) {}

  templates(): ResourceTemplateType[] {
    return Object.entries(TEMPLATES).map(([name, uriTemplate]) => ({
      name,
      uriTemplate,
      description: DESCRIPTIONS[name as Template],
      ...(name === 'file' ? {} : { mimeType: JSON_TYPE }),
    }));
  }

  /** The fixed ones, then the collections by name. */
  async list(
    caller: Caller,
    signal: AbortSignal,
    cursor: string | undefined,
  ): Promise<{ resources: Resource[]; nextCursor?: string }> {
    const page = (await this.operations.call(caller, signal, 'listCollections', {
      query: { limit: PAGE, ...(cursor === undefined ? {} : { after: cursor }) },
    })) as CollectionPage;
    const collections = page.data.map(({ name, records }) => ({
      uri: uriOf('collection', { collection: name }),
      name,
      description: `A collection of ${records} records`,
      mimeType: JSON_TYPE,
    }));
    return {
      resources: cursor === undefined ? [...FIXED, ...collections] : collections,
      ...(page.next_cursor === null ? {} : { nextCursor: page.next_cursor }),
    };
  }

  /** Throws `ResourceNotFoundError` for an unknown resource. */
  async read(caller: Caller, signal: AbortSignal, uri: string): Promise<ReadResourceResult> {
    if (uri.length > MAX_URI) throw missing(uri.slice(0, MAX_URI));
    try {
      return await this.find(caller, signal, uri);
    } catch (error) {
      if (error instanceof ZeroDbError && (error.status === 404 || error.status === 422)) throw missing(uri);
      throw error;
    }
  }

  /** Names for an argument of a template that begin with what was typed. */
  async complete(caller: Caller, signal: AbortSignal, argument: string, prefix: string): Promise<string[]> {
    const operation = LISTS.get(argument);
    if (operation === undefined) return [];
    const page = await this.operations.call(caller, signal, operation, { query: { limit: PAGE } });
    return (page as CollectionPage).data.map(({ name }) => name).filter((name) => name.startsWith(prefix));
  }

  private async find(caller: Caller, signal: AbortSignal, uri: string): Promise<ReadResourceResult> {
    const answer = (operationId: string, params: Variables = {}): Promise<unknown> =>
      this.operations.call(caller, signal, operationId, { params });
    if (uri === 'zerodb://schema') return json(uri, overview(this.operations.list(caller)), false);
    if (uri === 'zerodb://collections') return json(uri, await answer('listCollections'), true);
    if (uri === 'zerodb://buckets') return json(uri, await answer('listBuckets'), true);
    const { name, variables } = match(uri);
    switch (name) {
      case 'operation':
        return json(uri, described(this.operations.find(caller, variables.operation ?? '')), false);
      case 'collection':
        return json(uri, await answer('getCollection', variables), true);
      case 'record':
        return json(uri, await answer('getRecord', variables), true);
      case 'bucket':
        return json(uri, await answer('listFiles', variables), true);
      case 'file':
        return await this.file(caller, uri, variables);
    }
  }

  private async file(caller: Caller, uri: string, { bucket = '', key = '' }: Variables): Promise<ReadResourceResult> {
    const file = await this.files.find(caller.scope, bucket, key);
    const part = await readPart(this.files, caller.scope, file, { start: 0, bytes: MAX_FILE_BYTES });
    const content = part.text === undefined ? { blob: part.base64 ?? '' } : { text: part.text };
    const isCut = part.next_offset !== undefined;
    return {
      contents: [{ uri, mimeType: file.row.content_type, ...content, _meta: { ...UNTRUSTED, truncated: isCut } }],
    };
  }
}

/** Where the names come from that an argument may have. */
const LISTS = new Map([
  ['collection', 'listCollections'],
  ['bucket', 'listBuckets'],
]);

interface CollectionPage {
  readonly data: readonly { readonly name: string; readonly records: number }[];
  readonly next_cursor: string | null;
}

type Variables = Readonly<Record<string, string>>;

const UNTRUSTED = { data_notice: DATA_NOTICE };

const json = (uri: string, value: unknown, isStored: boolean): ReadResourceResult => ({
  contents: [
    { uri, mimeType: JSON_TYPE, text: JSON.stringify(value ?? null), ...(isStored ? { _meta: UNTRUSTED } : {}) },
  ],
});

const missing = (uri: string): ResourceNotFoundError => new ResourceNotFoundError(uri);

const uriOf = (name: Template, variables: Variables): string =>
  new UriTemplate(TEMPLATES[name]).expand({ ...variables });

const match = (uri: string): { name: Template; variables: Variables } => {
  for (const { name, template } of MATCHERS) {
    const found = template.match(uri);
    if (found) return { name, variables: decoded(uri, found) };
  }
  throw missing(uri);
};

const decoded = (uri: string, found: Readonly<Record<string, string | string[]>>): Variables => {
  try {
    return Object.fromEntries(
      Object.entries(found).map(([name, value]) => [name, decodeURIComponent([value].flat().join(','))]),
    );
  } catch {
    throw missing(uri);
  }
};
