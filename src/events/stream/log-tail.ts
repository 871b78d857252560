import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { messageOf } from '../../common/message-of';
import { asOperation } from '../../common/named-operation';
import type { Scope } from '../../common/scope';
import { detached, span, type SpanFacts } from '../../common/tracing';
import type { StoredEvent } from '../event';
import { publishersOf } from '../event-trace';
import { EventLog } from '../log/event-log';
import { LogSignals } from '../log/log-signals';

/** Polls for events without a signal, such as those of other replicas. */
const POLL_MS = 100;
/** After a fault of the database. */
const BACK_OFF_MS = 500;
const PAGE = 500;
/** A tail without listeners ends after this many polls. */
const IDLE_LOOKS = 50;

const NO_EVENTS: readonly StoredEvent[] = [];

/** Receives new events in order. Called synchronously, so that no event between two polls is missed. */
export interface TailListener {
  readonly topicIds: readonly number[];
  /** `through`: all offsets up to it have now been passed to this listener. */
  readonly onEvents: (events: readonly StoredEvent[], through: number) => void;
}

/** One reader of the log per project and process, for any number of listeners. */
@Injectable()
export class LogTail implements OnModuleDestroy {
  private readonly tails = new Map<number, ProjectTail>();
  private readonly stop: () => void;

  constructor(
    private readonly log: EventLog,
    signals: LogSignals,
  ) {
    this.stop = signals.onPublished((projectId) => this.tails.get(projectId)?.wake());
  }

  onModuleDestroy(): void {
    this.stop();
    for (const tail of this.tails.values()) tail.end();
    this.tails.clear();
  }

  /**
   * Adds the listener when the tail is exactly at `position`: from then on it receives every event. Otherwise returns
   * the tail's offset, up to which the caller must first read on its own.
   */
  async join(scope: Scope, position: number, listener: TailListener): Promise<number | (() => void)> {
    for (;;) {
      const tail = this.tailOf(scope);
      await tail.started;
      if (!tail.isOver) return tail.join(position, listener);
    }
  }

  private tailOf(scope: Scope): ProjectTail {
    const known = this.tails.get(scope.projectId);
    if (known) return known;
    const tail: ProjectTail = new ProjectTail(this.log, scope, () => {
      if (this.tails.get(scope.projectId) === tail) this.tails.delete(scope.projectId);
    });
    this.tails.set(scope.projectId, tail);
    return tail;
  }
}

class ProjectTail {
  readonly started: Promise<void>;
  private readonly logger = new Logger('LogTail');
  private readonly listeners = new Set<TailListener>();
  private position = 0;
  private timer: NodeJS.Timeout | undefined;
  private isReading = false;
  private isWoken = false;
  private isEnded = false;
  private idleLooks = 0;
  private asked = new Set<number>();
  /** A new listener's topic is not included in the running query. */
  private isIncomplete = false;

  constructor(
    private readonly log: EventLog,
    private readonly scope: Scope,
    private readonly onIdle: () => void,
  ) {
    this.started = detached(() => this.start());
  }

  join(position: number, listener: TailListener): number | (() => void) {
    if (position < this.position) return this.position;
    this.listeners.add(listener);
    if (this.isReading && listener.topicIds.some((id) => !this.asked.has(id))) this.isIncomplete = true;
    return () => this.leave(listener);
  }

  get isOver(): boolean {
    return this.isEnded;
  }

  wake(): void {
    this.isWoken = true;
    if (this.isReading || this.isEnded) return;
    clearTimeout(this.timer);
    void this.read();
  }

  end(): void {
    this.isEnded = true;
    clearTimeout(this.timer);
  }

  private leave(listener: TailListener): void {
    this.listeners.delete(listener);
    if (this.listeners.size === 0 && !this.isEnded) this.close();
  }

  private close(): void {
    this.end();
    this.onIdle();
  }

  private async start(): Promise<void> {
    try {
      this.position = await this.log.head(this.scope);
      this.schedule(POLL_MS);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  private readonly read = asOperation('log_tail', () => this.readPage());

  private async readPage(): Promise<void> {
    this.isReading = true;
    this.isWoken = false;
    this.isIncomplete = false;
    this.asked = this.topics();
    let pauseMs = POLL_MS;
    try {
      const page = await this.log.read(this.scope, [...this.asked], this.position, PAGE);
      if (page.hasMore || this.isIncomplete) this.isWoken = true;
      if (!this.isIncomplete) this.give(page.events, page.through);
    } catch (error) {
      pauseMs = BACK_OFF_MS;
      this.isWoken = false;
      this.logger.debug(`The tail of the log could not be read: ${messageOf(error)}`);
    }
    this.isReading = false;
    this.idleLooks = this.listeners.size === 0 ? this.idleLooks + 1 : 0;
    if (this.idleLooks > IDLE_LOOKS) this.close();
    if (this.isEnded) return;
    if (this.isWoken) setImmediate(() => this.wake());
    else this.schedule(pauseMs);
  }

  private give(events: readonly StoredEvent[], through: number): void {
    if (through <= this.position) return;
    this.position = through;
    const byTopic = new Map<number, StoredEvent[]>();
    for (const event of events) {
      const own = byTopic.get(event.topicId);
      if (own) own.push(event);
      else byTopic.set(event.topicId, [event]);
    }
    if (events.length === 0) return this.tell(byTopic, events, through);
    const facts = (): SpanFacts => ({
      kind: 'consumer',
      links: publishersOf(events),
      attributes: {
        'zerodb.project': this.scope.projectId,
        'zerodb.listeners': this.listeners.size,
        'messaging.system': 'zerodb',
        'messaging.operation.type': 'process',
        'messaging.batch.message_count': events.length,
      },
    });
    span('stream events', facts, () => this.tell(byTopic, events, through));
  }

  private tell(byTopic: ReadonlyMap<number, StoredEvent[]>, events: readonly StoredEvent[], through: number): void {
    for (const listener of [...this.listeners]) {
      // The same list object for all listeners of a topic, so that derived data is built once.
      const own = listener.topicIds.length === 1 ? (byTopic.get(listener.topicIds[0] ?? 0) ?? NO_EVENTS) : undefined;
      listener.onEvents(own ?? events.filter(({ topicId }) => listener.topicIds.includes(topicId)), through);
    }
  }

  private topics(): Set<number> {
    const ids = new Set<number>();
    for (const { topicIds } of this.listeners) for (const id of topicIds) ids.add(id);
    return ids;
  }

  private schedule(ms: number): void {
    if (this.isEnded) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.wake(), ms);
  }
}
