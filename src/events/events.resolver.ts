import { Injectable } from '@nestjs/common';
import { asError } from '../common/as-error';
import { invalidAt } from '../common/errors';
import { EventQueue } from '../common/event-queue';
import { GraphqlField, mutation, GraphqlOperations, query, type FieldInput } from '../api/field';
import { typePattern } from './dto/topic.schemas';
import { withOffset, type StoredEvent } from './event';
import { EventLog } from './log/event-log';
import { eventsRemoved } from './log/removed';
import { parseEventFilter, selected, type EventSelection } from './stream/event-selection';
import { LogSubscription, type SubscriptionPlace } from './stream/log-subscription';
import { LogTail } from './stream/log-tail';
import { TopicsService } from './topics/topics.service';

/** Maximum unread events of a client: beyond these, reading the log pauses until the client catches up. */
const HIGH_WATER = 256;
/** One delivery may hold this many more. */
const MAX_WAITING = 10_000;
const MAX_TYPES = 50;

interface EventsArgs {
  readonly topic: string;
  readonly after?: number | null;
  readonly types?: readonly string[] | null;
  readonly filter?: unknown;
}

@Injectable()
@GraphqlOperations(
  query('topics', 'listTopics', { type: 'Topic' }),
  query('topic', 'getTopic', { type: 'CountedTopic' }),
  query('events', 'listEvents', { type: 'Event' }),
  mutation('putTopic', { type: 'Topic', conditions: true }),
  mutation('deleteTopic', { conditions: true }),
  mutation('publishEvents', { type: 'Receipt', pick: 'data' }),
)
export class EventsResolver {
  constructor(
    private readonly topics: TopicsService,
    private readonly log: EventLog,
    private readonly tail: LogTail,
  ) {}

  @GraphqlField({
    on: 'Event',
    name: 'cloudevent',
    type: 'JSON!',
    description: 'The whole CloudEvent, with its extensions.',
    access: 'read',
  })
  cloudEvent({ parent }: FieldInput): unknown {
    return parent;
  }

  @GraphqlField({
    on: 'Event',
    name: 'in_topic',
    type: 'CountedTopic',
    description: 'The topic; loaded once for all its events.',
    access: 'read',
  })
  async inTopic({ parent, context }: FieldInput): Promise<unknown> {
    return await context.load('topic', String(parent.topic), (names) =>
      Promise.all(names.map((topic) => context.call('getTopic', { params: { topic } }).catch(asError))),
    );
  }

  @GraphqlField({
    on: 'Subscription',
    name: 'events',
    type: 'Event!',
    description:
      'Events of a topic, in order, as they are published; those after the offset `after` first. A client that resumes with ' +
      'the last offset it has seen misses no events; when retention has removed some, it ends with the error `gone`.',
    args: { topic: 'String!', after: 'Integer', types: '[String!]', filter: 'JSON' },
    access: 'read',
  })
  async events({ args, context }: FieldInput<EventsArgs>): Promise<AsyncIterable<unknown>> {
    const selection = selectionOf(args);
    const { scope } = context.caller;
    const topic = await this.topics.resolve(scope, args.topic);
    const after = args.after ?? (await this.log.head(scope));
    const place = { scope, topicIds: [topic.id], after, isNow: typeof args.after !== 'number' };
    return this.follow(place, selection, context.signal);
  }

  private follow(place: SubscriptionPlace, selection: EventSelection, signal: AbortSignal): AsyncIterable<unknown> {
    const queue: EventQueue<unknown> = new EventQueue(
      signal,
      MAX_WAITING,
      () => subscription.close(),
      () => subscription.resume(),
    );
    const deliver = (events: readonly StoredEvent[]): boolean => {
      for (const event of selected(events, selection)) queue.push(JSON.parse(withOffset(event)));
      return queue.size < HIGH_WATER;
    };
    const sources = { log: this.log, tail: this.tail };
    const subscription = new LogSubscription(sources, place, {
      deliver,
      reset: ({ after, first }) => queue.fail(eventsRemoved(after, first)),
      end: () => queue.end(),
    });
    subscription.start();
    return queue;
  }
}

const selectionOf = ({ types, filter, after }: EventsArgs): EventSelection => {
  if (typeof after === 'number' && after < 0) throw invalidAt('/after', 'must be an offset: a whole number');
  const isGood = types?.every((type) => typePattern.safeParse(type).success) ?? true;
  if (!isGood || (types?.length ?? 0) > MAX_TYPES) {
    throw invalidAt('/types', `must be at most ${MAX_TYPES} types of events, or starts of them and ".*"`);
  }
  const parsed = filter === undefined || filter === null ? undefined : parseEventFilter(filter, '/filter');
  return { types: types ?? undefined, filter: parsed };
};
