import { Readable } from 'node:stream';
import { withOffset, type StoredEvent } from '../event';
import { selected, type EventSelection } from './event-selection';
import type { Gap, SubscriptionSink } from './log-subscription';

/** Beyond this a client is slow, and continues from the log once it has read. */
const HIGH_WATER_BYTES = 256 * 1024;
const HEARTBEAT = Buffer.from(':\n\n');
/** Reconnection delay for clients, in milliseconds. */
const GREETING = Buffer.from('retry: 1000\n\n');

/** Frames of lists that many clients receive: built once. */
const frames = new WeakMap<readonly StoredEvent[], Buffer>();

const framesOf = (events: readonly StoredEvent[]): Buffer => {
  const known = frames.get(events);
  if (known) return known;
  const text = events.map((event) => `id: ${event.position}\ndata: ${withOffset(event)}\n\n`).join('');
  const made = Buffer.from(text);
  frames.set(events, made);
  return made;
};

/** One client's stream of server-sent events. */
export class SseStream extends Readable implements SubscriptionSink {
  onDrain: () => void = () => undefined;
  onGone: () => void = () => undefined;
  private isOver = false;

  constructor(private readonly selection: EventSelection) {
    super({ highWaterMark: HIGH_WATER_BYTES });
    this.push(GREETING);
  }

  deliver(events: readonly StoredEvent[]): boolean {
    const wanted = selected(events, this.selection);
    return wanted.length === 0 || this.isOver || this.push(framesOf(wanted));
  }

  /** Its id is the last offset that is missing: a client that reconnects now is not told again. */
  reset({ after, through, first }: Gap): void {
    if (this.isOver) return;
    const data = JSON.stringify({ first_offset: first, after });
    this.push(Buffer.from(`event: reset\nid: ${through}\ndata: ${data}\n\n`));
  }

  /** Keeps the connection open through proxies, and detects that the client left. */
  beat(): void {
    if (!this.isOver && this.readableLength < HIGH_WATER_BYTES) this.push(HEARTBEAT);
  }

  end(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.push(null);
  }

  override _read(): void {
    this.onDrain();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.onGone();
    done(error);
  }
}
