import type { Scope } from '../../common/scope';
import { detached } from '../../common/tracing';
import type { StoredEvent } from '../event';
import type { EventLog } from '../log/event-log';
import type { LogTail } from './log-tail';

const PAGE = 200;
const PAGE_BYTES = 1024 * 1024;
/**
 * A subscriber that accepts nothing for this long is disconnected; its client resumes from the last offset it has seen.
 */
const STALLED_MS = 60_000;
const BACK_OFF_MS = 500;

/** Events that are missing. */
export interface Gap {
  /** The offset after which the reader wanted to read. */
  readonly after: number;
  readonly through: number;
  readonly first: number;
}

/** The receiver of a subscription's events. */
export interface SubscriptionSink {
  /** Accepts all events; returns whether it can take more now. If not, it calls `resume` on the subscription later. */
  deliver(events: readonly StoredEvent[]): boolean;
  /**
   * Called when retention has removed events that the reader has not seen: `through` is the last of them, `first` the
   * first stored offset. Events after `through` follow.
   */
  reset(gap: Gap): void;
  /** Called at the end. */
  end(reason: 'stalled' | 'closed'): void;
}

export interface SubscriptionPlace {
  readonly scope: Scope;
  readonly topicIds: readonly number[];
  /** The offset after which to read. */
  readonly after: number;
  /** It begins at the end of the log: there is no gap to look for. */
  readonly isNow?: boolean;
}

/**
 * One subscriber of the log. It reads pages until it has caught up, then listens to the process's tail. When its client
 * is slow it leaves the tail and later reads on from its position, so that it never holds more than one batch.
 */
export class LogSubscription {
  private position: number;
  private leaveTail: (() => void) | undefined;
  private isClosed = false;
  private mayMiss: boolean;
  private wake: (() => void) | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly sources: { readonly log: EventLog; readonly tail: LogTail },
    private readonly place: SubscriptionPlace,
    private readonly sink: SubscriptionSink,
  ) {
    this.position = place.after;
    this.mayMiss = place.isNow !== true;
  }

  start(): void {
    detached(() => void this.catchUp());
  }

  /** Called when the sink can take more. */
  resume(): void {
    this.wake?.();
  }

  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    clearTimeout(this.timer);
    this.leaveTail?.();
    this.leaveTail = undefined;
    this.wake?.();
  }

  private async catchUp(): Promise<void> {
    while (!this.isClosed) {
      try {
        await this.mindGap();
        if (await this.joined()) return;
        await this.readPage();
      } catch {
        // The database may be unreachable: the client stays connected and continues when it is back.
        await this.pause(BACK_OFF_MS);
      }
    }
  }

  private async joined(): Promise<boolean> {
    const { scope, topicIds } = this.place;
    const onEvents = (events: readonly StoredEvent[], through: number): void => this.onEvents(events, through);
    const joined = await this.sources.tail.join(scope, this.position, { topicIds, onEvents });
    if (typeof joined === 'number') return false;
    if (this.isClosed) joined();
    else this.leaveTail = joined;
    return true;
  }

  private async readPage(): Promise<void> {
    const { scope, topicIds } = this.place;
    const page = await this.sources.log.read(scope, topicIds, this.position, PAGE, PAGE_BYTES);
    if (this.isClosed) return;
    if (page.trimmed > this.position) {
      this.mayMiss = true;
      return;
    }
    this.position = page.through;
    if (page.events.length > 0 && !this.sink.deliver(page.events)) await this.drained();
  }

  /** Before the first page, and whenever a page shows that the reader was too slow for the retention. */
  private async mindGap(): Promise<void> {
    if (!this.mayMiss) return;
    const { scope, topicIds } = this.place;
    const after = this.position;
    const through = await this.sources.log.trimmed(scope, topicIds);
    this.mayMiss = false;
    if (this.isClosed || through <= after) return;
    // From the beginning is wherever that is now.
    if (after === 0) {
      this.position = through;
      return;
    }
    const first = await this.sources.log.firstAfter(scope, topicIds, through);
    if (this.isClosed) return;
    this.position = through;
    this.sink.reset({ after, through, first });
  }

  private onEvents(events: readonly StoredEvent[], through: number): void {
    if (this.isClosed) return;
    const isKnown = events.length > 0 && (events[0]?.position ?? 0) <= this.position;
    const fresh = isKnown ? events.filter(({ position }) => position > this.position) : events;
    this.position = Math.max(this.position, through);
    if (fresh.length === 0 || this.sink.deliver(fresh)) return;
    this.leaveTail?.();
    this.leaveTail = undefined;
    void this.drained().then(() => this.catchUp());
  }

  private drained(): Promise<void> {
    return new Promise((resolve) => {
      this.timer = setTimeout(() => this.stall(), STALLED_MS);
      this.wake = () => {
        clearTimeout(this.timer);
        this.wake = undefined;
        resolve();
      };
    });
  }

  private stall(): void {
    this.sink.end('stalled');
    this.close();
  }

  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.timer = setTimeout(resolve, ms);
      this.wake = () => {
        clearTimeout(this.timer);
        this.wake = undefined;
        resolve();
      };
    });
  }
}
