import { ZeroDbClient, type ClientSettings } from './client';
import { streamEvents, type EventMessage, type EventOptions } from './event-stream';
import { Channel, subscribe, type SocketClass } from './realtime';
import type { StoredFile, StoredRecord, ImportReport } from './shapes';
import { exportRecords, importRecords, type ImportOptions, type RecordInput } from './transfer';
import { uploadFile, type UploadOptions, type UploadSource } from './upload';

export interface ZeroDbSettings extends ClientSettings {
  /** For `subscribe` and `channel`. Default: the `WebSocket` of the platform. Node 20 has none: pass that of `ws`. */
  readonly WebSocket?: SocketClass;
}

const RETRIES = 3;
/** The server ends most requests after 60 seconds at the latest. */
const SILENCE_MS = 120_000;

/**
 * The client for applications: `ZeroDbClient` with an `Idempotency-Key` on every write, a circuit breaker, three retries, and what
 * takes more than one request.
 */
export class ZeroDb extends ZeroDbClient {
  private readonly realtime: { readonly WebSocket: SocketClass | undefined };

  constructor({ WebSocket, ...settings }: ZeroDbSettings) {
    super({ idempotencyKeys: true, breaker: {}, retries: RETRIES, silenceMs: SILENCE_MS, ...settings });
    this.realtime = { WebSocket };
  }

  /** The events of a topic, as server-sent events; continues behind the last one after a broken connection. */
  events(topic: string, options?: EventOptions): AsyncGenerator<EventMessage, void, undefined> {
    return streamEvents(this, topic, options);
  }

  /** As `events`, over a WebSocket. */
  subscribe(topic: string, options?: EventOptions): AsyncGenerator<EventMessage, void, undefined> {
    return subscribe(this, { ...this.settings, ...this.realtime }, topic, options);
  }

  /** Presence and broadcasts among connected clients. */
  channel(name: string, state?: Readonly<Record<string, unknown>>): Channel {
    return new Channel({ ...this.settings, ...this.realtime }, name, state);
  }

  /** Stores records from any iterable, in requests of at most 1,000 lines. */
  importRecords(
    collection: string,
    records: Iterable<RecordInput> | AsyncIterable<RecordInput>,
    options?: ImportOptions,
  ): Promise<ImportReport> {
    return importRecords(this, collection, records, options);
  }

  /** Every record with its vector, in the order of ids. */
  exportRecords(
    collection: string,
    options?: { readonly vectorFormat?: 'array' | 'base64'; readonly signal?: AbortSignal },
  ): AsyncGenerator<StoredRecord, void, undefined> {
    return exportRecords(this, collection, options);
  }

  /** Sends a file of any size in parts. */
  upload(bucket: string, key: string, source: UploadSource, options?: UploadOptions): Promise<StoredFile> {
    return uploadFile(this, bucket, key, source, options);
  }
}
