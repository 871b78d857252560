import { Injectable, type OnModuleInit } from '@nestjs/common';
import { z } from 'zod';
import { invalidAt } from '../common/errors';
import type { Scope } from '../common/scope';
import { Database, type Executor } from '../database/database.port';
import { addBody } from './dto/memory.schemas';
import { MemoryService } from './memory.service';
import { EventSinks, type EventSink, type SinkEvent } from '../events/subscriptions/event-sinks';
import { valueAt } from '../events/subscriptions/mapping';
import { mustParse, pathSchema } from '../events/subscriptions/sink-settings';

const settingsSchema = z.strictObject({
  kind: z.literal('memories'),
  content: pathSchema,
  user_id: pathSchema.optional(),
  agent_id: pathSchema.optional(),
  session_id: pathSchema.optional(),
  metadata: pathSchema.optional(),
  valid_from: pathSchema.optional(),
});

/**
 * Events become memories. They are stored before the events are settled; a repeat in between is recognised as a
 * duplicate by the memory itself.
 */
@Injectable()
export class MemoriesSink implements EventSink, OnModuleInit {
  readonly kind = 'memories';

  constructor(
    private readonly sinks: EventSinks,
    private readonly memories: MemoryService,
    private readonly database: Database,
  ) {}

  onModuleInit(): void {
    this.sinks.register(this);
  }

  async validate(_scope: Scope, settings: Readonly<Record<string, unknown>>): Promise<void> {
    const { user_id, agent_id, session_id } = mustParse(settingsSchema, settings, '/sink', 'The sink is invalid');
    if (user_id ?? agent_id ?? session_id) return;
    throw invalidAt('/sink/user_id', 'Map at least one of user_id, agent_id and session_id.');
  }

  async apply(
    scope: Scope,
    raw: Readonly<Record<string, unknown>>,
    events: readonly SinkEvent[],
    settle: (tx: Executor) => Promise<void>,
  ): Promise<void> {
    const { kind: _kind, ...paths } = mustParse(settingsSchema, raw, '/sink', 'The sink is invalid');
    const memories = events.filter(({ isTombstone }) => !isTombstone).map(({ document }) => mapped(document, paths));
    if (memories.length > 0) {
      await this.memories.add(scope, mustParse(addBody, { memories }, '', 'The event does not map to a memory'));
    }
    await this.database.transaction(scope, settle);
  }
}

const mapped = (document: unknown, paths: Readonly<Record<string, string | undefined>>): Record<string, unknown> => {
  const entries = Object.entries(paths).map(([name, path]) => [name, path && valueAt(document, path)] as const);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined && value !== null));
};
