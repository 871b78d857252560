import { Injectable, type OnModuleInit } from '@nestjs/common';
import { z } from 'zod';
import { invalidAt } from '../../common/errors';
import type { Scope } from '../../common/scope';
import { Database, type Executor } from '../../database/database.port';
import { BucketsService } from '../buckets/buckets.service';
import { keyFault } from './file-key';
import { FilesService } from './files.service';
import { nameSchema } from '../../api/schemas';
import { EventSinks, type EventSink, type SinkEvent } from '../../events/subscriptions/event-sinks';
import { valueAt } from '../../events/subscriptions/mapping';
import { mustBeThere, mustParse, pathSchema } from '../../events/subscriptions/sink-settings';

const settingsSchema = z.strictObject({
  kind: z.literal('files'),
  bucket: nameSchema,
  /** Path of the file's key in the event. */
  key: pathSchema,
  content: pathSchema.default('data'),
  /** Encoding of the content; values other than strings are stored as JSON. */
  encoding: z.enum(['text', 'base64']).default('text'),
  content_type: z.string().min(1).max(255).default('application/json'),
});
type Settings = z.output<typeof settingsSchema>;

const NO_CONDITIONS = { createOnly: false, hashes: undefined };

/** Events become files, one each. A repeat writes the same bytes under the same key. */
@Injectable()
export class FilesSink implements EventSink, OnModuleInit {
  readonly kind = 'files';

  constructor(
    private readonly sinks: EventSinks,
    private readonly files: FilesService,
    private readonly buckets: BucketsService,
    private readonly database: Database,
  ) {}

  onModuleInit(): void {
    this.sinks.register(this);
  }

  async validate(scope: Scope, raw: Readonly<Record<string, unknown>>): Promise<void> {
    const { bucket } = mustParse(settingsSchema, raw, '/sink', 'The sink is invalid');
    await mustBeThere(this.buckets.get(scope, bucket), '/sink/bucket', 'There is no such bucket.');
  }

  async apply(
    scope: Scope,
    raw: Readonly<Record<string, unknown>>,
    events: readonly SinkEvent[],
    settle: (tx: Executor) => Promise<void>,
  ): Promise<void> {
    const settings = mustParse(settingsSchema, raw, '/sink', 'The sink is invalid');
    const files = events.filter(({ isTombstone }) => !isTombstone).map((event) => fileOf(event, settings));
    for (const { key, content } of files) {
      const facts = { contentType: settings.content_type, contentEncoding: null, disposition: null, metadata: {} };
      const request = { bucket: settings.bucket, key, facts, size: content.length, conditions: NO_CONDITIONS };
      await this.files.put(scope, request, once(content));
    }
    await this.database.transaction(scope, settle);
  }
}

const fileOf = ({ document }: SinkEvent, settings: Settings): { key: string; content: Buffer } => {
  const key = valueAt(document, settings.key);
  const fault = typeof key === 'string' ? keyFault(key) : 'must be a string';
  if (typeof key !== 'string' || fault) throw invalidAt('/key', `${settings.key} ${fault ?? ''}`);
  const value = valueAt(document, settings.content);
  if (value === undefined) throw invalidAt('/content', `${settings.content} is not there.`);
  if (typeof value !== 'string') return { key, content: Buffer.from(JSON.stringify(value)) };
  return { key, content: Buffer.from(value, settings.encoding === 'base64' ? 'base64' : 'utf8') };
};

async function* once(content: Buffer): AsyncGenerator<Buffer> {
  yield await Promise.resolve(content);
}
