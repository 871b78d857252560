import type { QdrantClient as OwnClient } from '@qdrant/js-client-rest' with { 'resolution-mode': 'import' };
import { ClientTransport } from './client-transport';
import type { QdrantCall, QdrantClient } from './qdrant-client';
import type { Schemas } from './qdrant-schemas';

type Api = ReturnType<OwnClient['api']>;

interface Enveloped<T> {
  readonly data: { readonly result?: T };
}

/** Answers are typed by Qdrant's declaration, not checked: another server may answer otherwise. */
interface Answer<T> {
  readonly value: T;
  /** The fault of an answer that is not as declared. */
  readonly strange: (what: string) => Error;
}

let opened: Api | undefined;

/**
 * Qdrant's own client. It holds no address and no key: `ClientTransport` knows them, so one client serves all. (Its
 * `fetch` would refuse some ports too, such as 6000.) It is loaded when first used; its types call it ESM alone, but
 * it has a CommonJS build.
 */
function api(): Api {
  if (opened) return opened;
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- as above
  const { QdrantClient: Client } = require('@qdrant/js-client-rest') as { QdrantClient: typeof OwnClient };
  // Each call has its own deadline.
  opened = new Client({ url: 'http://qdrant', port: null, checkCompatibility: false, timeout: Infinity }).api();
  return opened;
}

/**
 * Administration of Qdrant, by its own client: what there is, what is made and what is dropped. Each call ends with its
 * signal. Every failure is a `ServiceFault`; `wrong_data` for a collection that does not exist.
 */
export class QdrantAdmin {
  constructor(private readonly client: QdrantClient) {}

  /** The title and version that the server reports; neither is certain to be there. */
  async version(signal: AbortSignal): Promise<Partial<Schemas['VersionInfo']>> {
    return await new ClientTransport(this.client, { signal }).run((init) => api().root({}, init));
  }

  /** The names of all collections. */
  async collections(signal: AbortSignal): Promise<readonly string[]> {
    const { value, strange } = await this.ask({ signal }, (init) => api().getCollections({}, init));
    if (!Array.isArray(value.collections)) throw strange('no list of its collections');
    return value.collections.map(({ name }) => name);
  }

  async collection(name: string, signal: AbortSignal): Promise<Schemas['CollectionInfo']> {
    const arg = { collection_name: name };
    const { value, strange } = await this.ask({ signal }, (init) => api().getCollection(arg, init));
    if (!isRecord(value.config) || !isRecord(value.config.params) || !isRecord(value.payload_schema)) {
      throw strange('a collection without its settings');
    }
    return value;
  }

  /** Rejects with `rejected` where it exists. */
  async createCollection(name: string, settings: Schemas['CreateCollection'], signal: AbortSignal): Promise<void> {
    const arg = { collection_name: name, ...settings };
    const answer = await this.ask({ signal, isWrite: true }, (init) => api().createCollection(arg, init));
    mustBeBoolean(answer);
  }

  async deleteCollection(name: string, signal: AbortSignal): Promise<void> {
    const arg = { collection_name: name };
    const answer = await this.ask({ signal, isWrite: true }, (init) => api().deleteCollection(arg, init));
    mustBeBoolean(answer);
  }

  /** Resolves when the index is built. */
  async createIndex(name: string, index: Schemas['CreateFieldIndex'], signal: AbortSignal): Promise<void> {
    const arg = { collection_name: name, wait: true, ...index };
    const { value, strange } = await this.ask({ signal, isWrite: true }, (init) => api().createFieldIndex(arg, init));
    if (value.status !== 'completed') throw strange(`"${value.status}" instead of "completed"`);
  }

  private async ask<T>(
    terms: Pick<QdrantCall, 'signal' | 'isWrite'>,
    send: (init: RequestInit) => Promise<Enveloped<T>>,
  ): Promise<Answer<T>> {
    const transport = new ClientTransport(this.client, terms);
    const { result } = await transport.run(send);
    if (result === undefined || result === null) throw transport.shapeFault('something without a result');
    return { value: result, strange: (what) => transport.shapeFault(what) };
  }
}

const isRecord = (value: unknown): boolean => typeof value === 'object' && value !== null;

/** Whether anything was changed: `false` for the deletion of what does not exist. */
function mustBeBoolean({ value, strange }: Answer<boolean>): void {
  if (typeof value !== 'boolean') throw strange('neither true nor false');
}
