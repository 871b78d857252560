import type { ZeroDbClient } from './client';
import { CircuitOpenError, UnreachableError } from './errors';
import { linesOf } from './lines';
import { backOffMs, pause, retryDelayMs } from './retry';
import type { StoredEvent } from './shapes';

export interface EventOptions {
  /** Read on behind this offset; 0 begins with the first stored event. Default: the end of the topic as it is now. */
  readonly after?: number;
  /** Types, or beginnings of types such as `order.*`. */
  readonly types?: readonly string[];
  /** A filter on the CloudEvent, such as `{ 'data.total': { $gt: 100 } }`. */
  readonly filter?: Readonly<Record<string, unknown>>;
  readonly signal?: AbortSignal;
}

/** What a stream says: an event, or that retention has removed events that the reader has not seen. */
export type EventMessage =
  | { readonly kind: 'event'; readonly offset: number; readonly event: StoredEvent }
  | { readonly kind: 'reset'; readonly first_offset: number; readonly after: number };

/** A line of a server's heartbeat comes every 15 seconds. */
const SILENCE_MS = 45_000;
const LONGEST_EVENT = 8 * 1024 * 1024;

/**
 * The events of a topic as server-sent events, from offset to offset: after a broken connection it continues behind the last
 * event, so that none is missed and none comes twice. Ends with the signal's reason, or when the server refuses for good.
 */
export async function* streamEvents(
  client: ZeroDbClient,
  topic: string,
  options: EventOptions = {},
): AsyncGenerator<EventMessage, void, undefined> {
  let after = options.after ?? (await endOf(client, topic, options.signal));
  for (let attempt = 0; ; attempt += 1) {
    let delayMs: number | undefined = backOffMs(attempt);
    try {
      for await (const [id, message] of connection(client, topic, options, after)) {
        attempt = 0;
        after = id;
        yield message;
      }
    } catch (error) {
      delayMs = options.signal?.aborted === true ? undefined : delayUntilNext(error, attempt);
      if (delayMs === undefined) throw error;
    }
    await pause(delayMs, options.signal);
  }
}

/** The offset of the last event. Named before the first connection: what is published until then would be missed otherwise. */
export async function endOf(client: ZeroDbClient, topic: string, signal?: AbortSignal): Promise<number> {
  const { last_offset: last } = await client.get('/v1/topics/{topic}', { path: { topic }, ...(signal && { signal }) });
  return last ?? 0;
}

/** When a broken stream is opened again; undefined when the server refuses for good. */
export const delayUntilNext = (error: unknown, attempt: number): number | undefined =>
  error instanceof CircuitOpenError ? error.retryAfterMs + backOffMs(attempt) : retryDelayMs(error, attempt, true);

async function* connection(
  client: ZeroDbClient,
  topic: string,
  { types, filter, signal }: EventOptions,
  after: number,
): AsyncGenerator<[id: number, EventMessage], void, undefined> {
  const silence = new Silence(client.url, signal);
  try {
    const response = await client.stream('/v1/topics/{topic}/stream', {
      path: { topic },
      query: { after, ...(types && { types: types.join(',') }), ...(filter && { filter: JSON.stringify(filter) }) },
      headers: { accept: 'text/event-stream', 'last-event-id': String(after) },
      signal: silence.signal,
      retries: 0,
    });
    yield* messagesIn(response, silence);
  } finally {
    silence.end();
  }
}

async function* messagesIn(
  response: Response,
  silence: Silence,
): AsyncGenerator<[id: number, EventMessage], void, undefined> {
  let id = '';
  let kind = 'event';
  let data: string[] = [];
  let length = 0;
  for await (const line of linesOf(response, silence.signal)) {
    silence.heard();
    const [name, value] = fieldOf(line);
    if (line === '') {
      const message = data.length === 0 ? undefined : messageOf(kind, Number(id), data.join('\n'));
      if (message !== undefined) yield [Number(id), message];
      [kind, data, length] = ['event', [], 0];
    } else if (name === 'id') id = value;
    else if (name === 'event') kind = value;
    else if (name === 'data') data.push(value);
    length += line.length;
    if (length > LONGEST_EVENT) throw new RangeError(`an event is longer than ${LONGEST_EVENT} characters`);
  }
}

const fieldOf = (line: string): [name: string, value: string] => {
  const colon = line.indexOf(':');
  if (colon < 0) return [line, ''];
  return [line.slice(0, colon), line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1)];
};

/** Kinds of a later server are skipped. */
const messageOf = (kind: string, offset: number, data: string): EventMessage | undefined => {
  if (kind === 'reset') return { kind, ...(JSON.parse(data) as { first_offset: number; after: number }) };
  return kind === 'event' ? { kind, offset, event: JSON.parse(data) as StoredEvent } : undefined;
};

/** Ends a connection that carries nothing, not even heartbeats: a peer that vanished does not say so. */
class Silence {
  private readonly controller = new AbortController();
  private readonly forward = (): void => this.controller.abort(this.outer?.reason);
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly url: string,
    private readonly outer: AbortSignal | undefined,
  ) {
    if (outer?.aborted === true) this.forward();
    else outer?.addEventListener('abort', this.forward, { once: true });
    this.heard();
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  heard(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(
      () => this.controller.abort(new UnreachableError(this.url, `silent for ${SILENCE_MS} ms`)),
      SILENCE_MS,
    );
  }

  end(): void {
    clearTimeout(this.timer);
    this.outer?.removeEventListener('abort', this.forward);
    this.controller.abort();
  }
}
