import { Injectable } from '@nestjs/common';
import { invalid, notFound } from '../../common/errors';
import type { Scope } from '../../common/scope';
import { activeTraceparent, span, type SpanFacts } from '../../common/tracing';
import type { EventDraft, Receipt, Topic } from '../event';
import { UsageMeter } from '../../usage/usage-meter';
import { TopicsService } from '../topics/topics.service';
import { draftOf, type EventInput } from './draft';
import { dataFaults, mustFit } from './event-data';
import { EventLog, type LogPage } from './event-log';
import { LogSignals } from './log-signals';
import { eventsRemoved } from './removed';

/** Raised by the database when a topic was deleted between the lookup and the insert. */
const TOPIC_GONE = 'ZDT01';

/** Publishes and reads events. */
@Injectable()
export class EventsService {
  constructor(
    private readonly topics: TopicsService,
    private readonly log: EventLog,
    private readonly signals: LogSignals,
    private readonly usage: UsageMeter,
  ) {}

  /** All or nothing, in the order given. `traceparent` is stored with each event that has none. */
  async publish(
    scope: Scope,
    topicName: string,
    inputs: readonly EventInput[],
    { traceparent, signal }: { readonly traceparent?: string | undefined; readonly signal?: AbortSignal } = {},
  ): Promise<Receipt[]> {
    const topic = await this.topics.resolve(scope, topicName);
    return await span('publish events', spanFacts(topic, inputs.length), async () => {
      // While tracing is on, consumers link to this span, and through it to the request's trace.
      const source = activeTraceparent() ?? traceparent;
      const drafts = this.drafts(scope, topic, inputs, source);
      // After the deadline no write starts: the response reports that nothing was changed.
      signal?.throwIfAborted();
      this.usage.charge(scope.projectId, 'events', drafts.length);
      return await this.append(scope, topicName, drafts);
    });
  }

  private drafts(scope: Scope, topic: Topic, inputs: readonly EventInput[], traceparent?: string): EventDraft[] {
    return inputs.map((input, index) => {
      mustBeSound(input, `/events/${index}`);
      const draft = draftOf(scope, topic, traceparent === undefined ? input : traced(input, traceparent));
      mustFit(draft.body, `/events/${index}/data`);
      return draft;
    });
  }

  private async append(scope: Scope, topicName: string, drafts: readonly EventDraft[]): Promise<Receipt[]> {
    try {
      const receipts = await this.log.append(scope, drafts);
      this.signals.published(scope.projectId);
      return receipts;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === TOPIC_GONE)) throw error;
      await this.topics.invalidate(scope, topicName);
      throw notFound('topic', topicName);
    }
  }

  /** Throws `gone` when retention has removed events behind `after`. */
  async page(scope: Scope, topicName: string, after: number, limit: number): Promise<LogPage> {
    const topic = await this.topics.resolve(scope, topicName);
    const page = await this.log.read(scope, [topic.id], after, limit);
    // 0 asks for the beginning, wherever that is now.
    if (after === 0 || after >= page.trimmed) return page;
    throw eventsRemoved(after, await this.log.firstAfter(scope, [topic.id], page.trimmed));
  }
}

function mustBeSound(input: EventInput, at: string): void {
  const faults = dataFaults(input.data, `${at}/data`);
  if (input.data !== undefined && input.data_base64 !== undefined) {
    faults.push({ path: `${at}/data_base64`, message: 'must not be combined with data' });
  }
  if (faults.length > 0) throw invalid(`${faults[0]?.path ?? at}: ${faults[0]?.message ?? ''}`, faults);
}

const spanFacts = (topic: Topic, count: number) => (): SpanFacts => ({
  kind: 'producer',
  attributes: {
    'zerodb.project': topic.projectId,
    'zerodb.topic': topic.id,
    'messaging.system': 'zerodb',
    'messaging.operation.type': 'send',
    'messaging.batch.message_count': count,
  },
});

const traced = (input: EventInput, traceparent: string): EventInput => ({
  ...input,
  extensions: { traceparent, ...input.extensions },
});
