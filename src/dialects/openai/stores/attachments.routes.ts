import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { BODY_BYTES, defineEndpoint, Reply, type EndpointInput } from '../../../api/endpoint';
import { Endpoint } from '../../../api/endpoint.decorator';
import type { Scope } from '../../../common/scope';
import { checked } from '../checked';
import { invalidValue } from '../errors';
import { anyQuery, presentList } from '../paging';
import { anyBody, reading, writing } from '../route';
import { AttachmentsRepository, type NewAttachment } from './attachments.repository';
import { Chunks } from './chunks.service';
import {
  attachBody,
  attachmentsQuery,
  batchBody,
  chunkingOf,
  ofAttachment,
  ofBatch,
  ofStore,
  updateAttachmentBody,
} from './schemas';
import { StoresService } from './stores.service';
import { presentAttachment, presentBatch, type Attachment, type Batch } from './vector-store';

const files = '/vector_stores/{store}/files';
const batches = '/vector_stores/{store}/file_batches';
const pages = anyQuery('limit', 'order', 'after', 'before', 'filter');

const attach = defineEndpoint({
  ...writing,
  ...anyBody,
  method: 'POST',
  path: files,
  operationId: 'openaiCreateVectorStoreFile',
  params: ofStore,
});
const list = defineEndpoint({
  ...reading,
  method: 'GET',
  path: files,
  operationId: 'openaiListVectorStoreFiles',
  params: ofStore,
  query: pages,
});
const get = defineEndpoint({
  ...reading,
  method: 'GET',
  path: `${files}/{file}`,
  operationId: 'openaiGetVectorStoreFile',
  params: ofAttachment,
});
const update = defineEndpoint({
  ...writing,
  ...anyBody,
  method: 'POST',
  path: `${files}/{file}`,
  operationId: 'openaiUpdateVectorStoreFile',
  params: ofAttachment,
});
const detach = defineEndpoint({
  ...writing,
  method: 'DELETE',
  path: `${files}/{file}`,
  operationId: 'openaiDeleteVectorStoreFile',
  params: ofAttachment,
});
const content = defineEndpoint({
  ...reading,
  method: 'GET',
  path: `${files}/{file}/content`,
  operationId: 'openaiGetVectorStoreFileContent',
  params: ofAttachment,
  query: anyQuery('page'),
});
const createBatch = defineEndpoint({
  ...writing,
  body: anyBody.body,
  // Two thousand files with their attributes.
  maxBodyBytes: BODY_BYTES.many,
  method: 'POST',
  path: batches,
  operationId: 'openaiCreateVectorStoreFileBatch',
  params: ofStore,
});
const getBatch = defineEndpoint({
  ...reading,
  method: 'GET',
  path: `${batches}/{batch}`,
  operationId: 'openaiGetVectorStoreFileBatch',
  params: ofBatch,
});
const cancelBatch = defineEndpoint({
  ...writing,
  // The SDKs send none; others send `{}`.
  body: z.unknown().optional(),
  method: 'POST',
  path: `${batches}/{batch}/cancel`,
  operationId: 'openaiCancelVectorStoreFileBatch',
  params: ofBatch,
});
const listBatch = defineEndpoint({
  ...reading,
  method: 'GET',
  path: `${batches}/{batch}/files`,
  operationId: 'openaiListVectorStoreFileBatch',
  params: ofBatch,
  query: pages,
});

/** Chunks in one answer of a file's content. */
const CONTENT_PAGE = 500;
/** When SDKs that wait for an ingestion look again. */
const POLL_AFTER_MS = '250';

/** Files in vector stores. */
@Injectable()
export class AttachmentRoutes {
  constructor(
    private readonly stores: StoresService,
    private readonly attachments: AttachmentsRepository,
    private readonly chunks: Chunks,
  ) {}

  @Endpoint(attach)
  async attach({ caller, params, body }: EndpointInput<typeof attach>): Promise<Reply> {
    const file = attachmentOf(checked(attachBody, body));
    return shownWith(await this.stores.attach(caller.scope, params.store, file));
  }

  @Endpoint(list)
  async list({ caller, params, query }: EndpointInput<typeof list>): Promise<unknown> {
    return await this.page(caller.scope, params.store, query);
  }

  @Endpoint(get)
  async get({ caller, params }: EndpointInput<typeof get>): Promise<Reply> {
    return shownWith(await this.stores.attachment(caller.scope, params.store, params.file));
  }

  @Endpoint(update)
  async update({ caller, params, body, signal }: EndpointInput<typeof update>): Promise<Reply> {
    const { attributes } = checked(updateAttachmentBody, body);
    const { store, file } = params;
    return shownWith(await this.stores.setAttributes(caller.scope, store, file, attributes ?? {}, signal));
  }

  @Endpoint(detach)
  async detach({ caller, params }: EndpointInput<typeof detach>): Promise<unknown> {
    await this.stores.detach(caller.scope, params.store, params.file);
    return { id: params.file, object: 'vector_store.file.deleted', deleted: true };
  }

  /** The text as it was read from the file, chunk by chunk: neighbours overlap. */
  @Endpoint(content)
  async content({ caller, params, query }: EndpointInput<typeof content>): Promise<unknown> {
    const from = checked(contentPage, query.page);
    const attachment = await this.stores.attachment(caller.scope, params.store, params.file);
    const total = attachment.status === 'completed' ? attachment.chunks : 0;
    const to = Math.min(total, from + CONTENT_PAGE);
    const texts = await this.chunks.texts(caller.scope, attachment, from, to);
    return {
      object: 'vector_store.file_content.page',
      data: texts.map((text) => ({ type: 'text', text })),
      has_more: to < total,
      next_page: to < total ? String(to) : null,
    };
  }

  @Endpoint(createBatch)
  async createBatch({ caller, params, body }: EndpointInput<typeof createBatch>): Promise<Reply> {
    const sent = checked(batchBody, body);
    const { attributes, chunking_strategy } = sent;
    const wanted = sent.files ?? (sent.file_ids ?? []).map((file_id) => ({ file_id, attributes, chunking_strategy }));
    const batch = await this.stores.createBatch(caller.scope, params.store, wanted.map(attachmentOf));
    return await this.shownBatch(caller.scope, batch);
  }

  @Endpoint(getBatch)
  async getBatch({ caller, params }: EndpointInput<typeof getBatch>): Promise<Reply> {
    return await this.shownBatch(caller.scope, await this.stores.batch(caller.scope, params.store, params.batch));
  }

  @Endpoint(cancelBatch)
  async cancelBatch({ caller, params }: EndpointInput<typeof cancelBatch>): Promise<Reply> {
    return await this.shownBatch(caller.scope, await this.stores.cancelBatch(caller.scope, params.store, params.batch));
  }

  @Endpoint(listBatch)
  async listBatch({ caller, params, query }: EndpointInput<typeof listBatch>): Promise<unknown> {
    await this.stores.batch(caller.scope, params.store, params.batch);
    return await this.page(caller.scope, params.store, query, params.batch);
  }

  private async page(scope: Scope, store: string, query: unknown, batch?: string): Promise<unknown> {
    const request = checked(attachmentsQuery, query);
    await this.stores.get(scope, store);
    const page = await this.attachments.list(scope, store, { ...request, batch });
    if ('unknown' in page) throw invalidValue(page.unknown, 'there is no such file in the vector store.');
    return presentList(page.data.map(presentAttachment), page.hasMore);
  }

  private async shownBatch(scope: Scope, batch: Batch): Promise<Reply> {
    const counts = await this.stores.countsOf({ scope, batch: batch.id });
    return new Reply(200, presentBatch(batch, counts), counts.in_progress > 0 ? POLLING : {});
  }
}

const POLLING = { 'openai-poll-after-ms': POLL_AFTER_MS };

const contentPage = z.coerce.number().int().min(0).default(0);

const shownWith = (attachment: Attachment): Reply =>
  new Reply(200, presentAttachment(attachment), attachment.status === 'in_progress' ? POLLING : {});

const attachmentOf = ({ file_id, attributes, chunking_strategy }: z.output<typeof attachBody>): NewAttachment => ({
  file_id,
  attributes: attributes ?? {},
  ...chunkingOf(chunking_strategy),
});
