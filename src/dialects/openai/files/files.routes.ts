import { Readable } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import { z } from 'zod';
import { Admission } from '../../../admission/admission';
import { defineEndpoint, Reply, type EndpointInput } from '../../../api/endpoint';
import { Endpoint } from '../../../api/endpoint.decorator';
import { isStorableText } from '../../../common/filter/values';
import type { Scope } from '../../../common/scope';
import { filesConfig, type FilesSettings } from '../../../config';
import { attachment, uploadBody } from '../../../files/objects/upload-body';
import { checked } from '../checked';
import { invalidRequest, invalidValue, noFile } from '../errors';
import { isIdOf } from '../ids';
import { anyQuery, listQuery, presentList } from '../paging';
import { reading, writing } from '../route';
import { readForm, type FormFile } from './multipart';
import { presentFile, PURPOSES } from './openai-file';
import { OpenAiFilesRepository } from './openai-files.repository';
import { OpenAiFiles, type Unfiled } from './openai-files.service';

const MOST_FILES = 10_000;
const MIN_EXPIRY_SECONDS = 3_600;
const MAX_EXPIRY_SECONDS = 2_592_000;
const MAX_FILENAME = 512;

const fields = z.strictObject({
  purpose: z.enum(PURPOSES),
  'expires_after[anchor]': z.literal('created_at').optional(),
  'expires_after[seconds]': z.coerce.number().int().min(MIN_EXPIRY_SECONDS).max(MAX_EXPIRY_SECONDS).optional(),
});
const query = listQuery(MOST_FILES, MOST_FILES).extend({ purpose: z.string().optional() });
const ofFile = z.object({ file: z.string() });

const create = defineEndpoint({
  ...writing,
  // The service takes a place among the uploads.
  kind: 'free',
  deadlineMs: null,
  method: 'POST',
  path: '/files',
  operationId: 'openaiCreateFile',
  body: { stream: 'multipart/form-data' },
});
const list = defineEndpoint({
  ...reading,
  method: 'GET',
  path: '/files',
  operationId: 'openaiListFiles',
  query: anyQuery('limit', 'order', 'after', 'before', 'purpose'),
});
const get = defineEndpoint({
  ...reading,
  method: 'GET',
  path: '/files/{file}',
  operationId: 'openaiGetFile',
  params: ofFile,
});
const content = defineEndpoint({
  ...reading,
  method: 'GET',
  path: '/files/{file}/content',
  operationId: 'openaiGetFileContent',
  params: ofFile,
});
const remove = defineEndpoint({
  ...writing,
  method: 'DELETE',
  path: '/files/{file}',
  operationId: 'openaiDeleteFile',
  params: ofFile,
});

/** A file of a form whose bytes are stored. */
interface Received {
  readonly unfiled: Unfiled;
  readonly filename: string;
}

@Injectable()
export class FileRoutes {
  constructor(
    private readonly files: OpenAiFiles,
    private readonly repository: OpenAiFilesRepository,
    private readonly admission: Admission,
    @Inject(filesConfig.KEY) private readonly settings: FilesSettings,
  ) {}

  @Endpoint(create)
  async create({ caller, raw, signal }: EndpointInput<typeof create>): Promise<unknown> {
    const { scope } = caller;
    const source = uploadBody(raw.raw, this.settings.minUploadBytes);
    const store = async (file: FormFile): Promise<Received> => await this.receive(scope, file, signal);
    const discard = async ({ unfiled }: Received): Promise<void> => await this.files.discard(scope, unfiled);
    const form = await readForm(raw.headers, source, store, discard);
    if (!form.file) throw missingFile(form.fields);
    const about = await this.described(form.fields, form.file, discard);
    return presentFile(await this.files.create(scope, form.file.unfiled, about));
  }

  /** The fields may come after the file: its bytes are stored by the time that they turn out to be wrong. */
  private async described(
    sent: ReadonlyMap<string, string>,
    file: Received,
    discard: (file: Received) => Promise<void>,
  ): Promise<ReturnType<typeof aboutOf>> {
    try {
      return aboutOf(sent, file);
    } catch (error) {
      await discard(file);
      throw error;
    }
  }

  @Endpoint(list)
  async list({ caller, query: sent }: EndpointInput<typeof list>): Promise<unknown> {
    const { data, hasMore } = await this.repository.list(caller.scope, checked(query, sent));
    return presentList(data.map(presentFile), hasMore);
  }

  @Endpoint(get)
  async get({ caller, params }: EndpointInput<typeof get>): Promise<unknown> {
    return presentFile(await this.files.get(caller.scope, params.file));
  }

  @Endpoint(content)
  async content({ caller, params, signal }: EndpointInput<typeof content>): Promise<Reply> {
    const { scope } = caller;
    const { filename } = await this.files.get(scope, params.file);
    const leave = this.admission.acquire('downloads', scope);
    const { bytes, size } = await this.files.open(scope, params.file, signal).catch((error: unknown) => {
      leave();
      throw error;
    });
    return new Reply(200, Readable.from(bytes, { objectMode: false }).once('close', leave), {
      'content-type': 'application/octet-stream',
      'content-length': String(size),
      'content-disposition': attachment(filename),
    });
  }

  @Endpoint(remove)
  async remove({ caller, params }: EndpointInput<typeof remove>): Promise<unknown> {
    if (!isIdOf('file', params.file)) throw noFile(params.file);
    await this.files.delete(caller.scope, params.file);
    return { id: params.file, object: 'file', deleted: true };
  }

  private async receive(scope: Scope, file: FormFile, signal: AbortSignal): Promise<Received> {
    const filename = filenameOf(file);
    const facts = {
      contentType: typeOf(file.mimeType),
      contentEncoding: null,
      disposition: attachment(filename),
      metadata: {},
    };
    return { filename, unfiled: await this.files.write(scope, facts, file.bytes, signal) };
  }
}

const aboutOf = (sent: ReadonlyMap<string, string>, { unfiled, filename }: Received) => {
  const given = checked(fields, Object.fromEntries(sent));
  const expiresAfterSeconds = given['expires_after[seconds]'];
  if ((expiresAfterSeconds === undefined) !== (given['expires_after[anchor]'] === undefined))
    throw invalidValue('expires_after', 'it has an anchor and seconds.');
  if (unfiled.written.layout.size === 0) throw invalidRequest('File is empty.', 'file');
  return { purpose: given.purpose, filename, expiresAfterSeconds };
};

const missingFile = (sent: ReadonlyMap<string, string>) =>
  sent.has('file')
    ? invalidRequest("Invalid 'file': expected a file with a name.", 'file', 'invalid_type')
    : invalidRequest("Missing required parameter: 'file'.", 'file', 'missing_required_parameter');

const filenameOf = ({ filename }: FormFile): string => {
  if (filename === '' || filename.length > MAX_FILENAME || !isStorableText(filename) || /\p{Cc}/u.test(filename))
    throw invalidValue('file', `its name has 1 to ${MAX_FILENAME} characters, and none of them controls.`);
  return filename;
};

const MEDIA_TYPE = /^[a-z0-9!#$&^_.+-]{1,100}\/[a-z0-9!#$&^_.+-]{1,100}$/i;

const typeOf = (mimeType: string): string => (MEDIA_TYPE.test(mimeType) ? mimeType : 'application/octet-stream');
