import { Injectable } from '@nestjs/common';
import type { Scope } from '../../common/scope';
import type { Executor } from '../../database/database.port';

/** An event from a broker's topic. */
export interface SinkEvent {
  /** Of a CloudEvent its id, which identifies it together with its source; otherwise made of topic, partition and offset, so that it is stable too. */
  readonly id: string;
  /** The input of a mapping: `{id, type, source, subject, time, key, headers, data}`. */
  readonly document: Readonly<Record<string, unknown>>;
  /** Whether the message was a tombstone: a key without a value. */
  readonly isTombstone: boolean;
}

/**
 * Where a subscription's events go: records, memories, files, a webhook. The owning capability registers it. `apply` is
 * all or nothing. It runs `settle` in the transaction of its effect, which makes the effect exactly one; a sink whose
 * effect is outside of Postgres runs it afterwards in a separate transaction, and may repeat under the same id. A
 * `ZeroDbError` below 500 blames an event; anything else means "not now".
 */
export interface EventSink {
  readonly kind: string;
  /** Throws `invalid`, with paths below `/sink`. */
  validate(scope: Scope, settings: Readonly<Record<string, unknown>>): Promise<void>;
  apply(
    scope: Scope,
    settings: Readonly<Record<string, unknown>>,
    events: readonly SinkEvent[],
    settle: (tx: Executor) => Promise<void>,
  ): Promise<void>;
}

/** The registered sinks. */
@Injectable()
export class EventSinks {
  private readonly sinks = new Map<string, EventSink>();

  register(sink: EventSink): void {
    if (this.sinks.has(sink.kind)) throw new Error(`There is a sink "${sink.kind}" already.`);
    this.sinks.set(sink.kind, sink);
  }

  find(kind: string): EventSink | undefined {
    return this.sinks.get(kind);
  }

  get kinds(): string[] {
    return [...this.sinks.keys()].sort();
  }
}
