import { Injectable, type OnModuleInit } from '@nestjs/common';
import { z } from 'zod';
import { invalidAt } from '../../common/errors';
import type { Scope } from '../../common/scope';
import { CollectionsService } from '../collections.service';
import { recordInput } from '../dto/record.schemas';
import type { RecordInput } from './record-input';
import { RecordsService } from './records.service';
import { Database, type Executor } from '../../database/database.port';
import { EventSinks, type EventSink, type SinkEvent } from '../../events/subscriptions/event-sinks';
import { valueAt } from '../../events/subscriptions/mapping';
import { mustBeThere, mustParse, pathSchema } from '../../events/subscriptions/sink-settings';

const settingsSchema = z.strictObject({
  kind: z.literal('records'),
  collection: z.string().min(1).max(128),
  id: pathSchema.default('id'),
  text: pathSchema.optional(),
  vector: pathSchema.optional(),
  /** One object, or fields of the metadata one by one. */
  metadata: z.union([pathSchema, z.record(z.string(), pathSchema)]).optional(),
});
type Settings = z.output<typeof settingsSchema>;

/** Events become records, by a mapping of paths. A tombstone deletes the record whose id its key is. */
@Injectable()
export class RecordsSink implements EventSink, OnModuleInit {
  readonly kind = 'records';

  constructor(
    private readonly sinks: EventSinks,
    private readonly records: RecordsService,
    private readonly collections: CollectionsService,
    private readonly database: Database,
  ) {}

  onModuleInit(): void {
    this.sinks.register(this);
  }

  async validate(scope: Scope, settings: Readonly<Record<string, unknown>>): Promise<void> {
    const { collection, text, vector } = parsed(settings);
    if (text === undefined && vector === undefined) throw invalidAt('/sink/text', 'Map a text or a vector.');
    const named = this.collections.resolve(scope, collection);
    await mustBeThere(named, '/sink/collection', 'There is no such collection.');
  }

  async apply(
    scope: Scope,
    raw: Readonly<Record<string, unknown>>,
    events: readonly SinkEvent[],
    settle: (tx: Executor) => Promise<void>,
  ): Promise<void> {
    const settings = parsed(raw);
    // The last of several events about one record is what the record is to be.
    const latest = new Map<string, { event: SinkEvent; record: RecordInput }>();
    for (const event of events) {
      const record = recordOf(event, settings);
      latest.set(String(record.id), { event, record });
    }
    const written = [...latest.values()].filter(({ event }) => !event.isTombstone).map(({ record }) => record);
    const deleted = [...latest.values()]
      .filter(({ event }) => event.isTombstone)
      .map(({ record }) => String(record.id));
    // A deletion may be repeated without harm, so it needs no place in the transaction.
    if (deleted.length > 0) await this.records.deleteMany(scope, settings.collection, { ids: deleted });
    if (written.length > 0) await this.records.upsert(scope, settings.collection, written, undefined, settle);
    else await this.database.transaction(scope, settle);
  }
}

const parsed = (settings: Readonly<Record<string, unknown>>): Settings =>
  mustParse(settingsSchema, settings, '/sink', 'The sink is invalid');

const recordOf = ({ document, isTombstone }: SinkEvent, settings: Settings): RecordInput => {
  const id = isTombstone ? document.key : valueAt(document, settings.id);
  if (typeof id !== 'string' && typeof id !== 'number')
    throw invalidAt('/id', `${settings.id} is not a string or number.`);
  if (isTombstone) return { id: String(id) };
  return mustBeRecord({
    id: String(id),
    ...(settings.text === undefined ? {} : { text: valueAt(document, settings.text) ?? undefined }),
    ...(settings.vector === undefined ? {} : { vector: valueAt(document, settings.vector) ?? undefined }),
    ...(settings.metadata === undefined ? {} : { metadata: metadataOf(document, settings.metadata) }),
  });
};

const mustBeRecord = (candidate: Readonly<Record<string, unknown>>): RecordInput =>
  mustParse(recordInput, candidate, '', 'The event does not map to a record');

const metadataOf = (document: unknown, mapping: NonNullable<Settings['metadata']>): unknown => {
  if (typeof mapping === 'string') return valueAt(document, mapping) ?? {};
  const entries = Object.entries(mapping).map(([name, from]) => [name, valueAt(document, from)] as const);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
};
