import { z } from 'zod';
import { timestamp } from '../../api/schemas';
import { brokerTopicOf, ORDERINGS, type Topic } from '../event';

const MAX_RETENTION_SECONDS = 10 * 366 * 86_400;

/** `zerodb.record.upserted`, `zerodb.record.*` or `*`. */
export const typePattern = z
  .string()
  .regex(/^(\*|[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*(\.\*)?)$/, 'must be a type of event, or the start of one and ".*"')
  .max(255);

/** A valid name for brokers. */
export const brokerTopic = z
  .string()
  .regex(/^[A-Za-z0-9._-]{1,249}$/, 'must be 1 to 249 of A-Z a-z 0-9 . _ -')
  .refine((name) => name !== '.' && name !== '..', 'must not be "." or ".."')
  .refine((name) => !name.startsWith('__'), 'must not start with "__": such topics are the broker\'s own');

export const putTopicBody = z
  .strictObject({
    changes: z.array(typePattern).max(50).optional().meta({
      description: 'Types of changes that become events here, such as `zerodb.record.*`. Default: none.',
    }),
    retention_seconds: z.int().min(60).max(MAX_RETENTION_SECONDS).nullable().optional().meta({
      description: 'How long events are kept. Default: as long as the installation keeps them.',
    }),
    order_by: z.enum(ORDERINGS).optional().meta({
      description: 'Events with an equal value of this keep their order everywhere. Default: `key`.',
    }),
    broker: z
      .strictObject({
        enabled: z.boolean().optional(),
        topic: brokerTopic.optional(),
        partitions: z.int().min(1).max(1000).optional(),
      })
      .meta({ id: 'TopicBrokerSettings' })
      .optional()
      .meta({
        description:
          'Whether and where the broker follows. Default: a topic below the prefix of the project, which the answer ' +
          'shows. Another one has to be granted by the root key.',
      }),
  })
  .default({});

const brokerSchema = z
  .object({
    enabled: z.boolean().meta({ description: 'Whether a broker is to follow the topic.' }),
    attached: z.boolean().meta({ description: 'Whether this server has a broker (`ZERODB_KAFKA_BROKERS`) that can.' }),
    topic: z.string().meta({ description: "The broker's topic that follows this one." }),
    partitions: z.int(),
  })
  .meta({ id: 'TopicBroker' });

export const topicSchema = z.object({
  name: z.string(),
  changes: z.array(z.string()),
  retention_seconds: z.int().nullable(),
  order_by: z.enum(ORDERINGS),
  broker: brokerSchema,
  version: z.int(),
  created_at: timestamp,
  updated_at: timestamp,
});
z.globalRegistry.add(topicSchema, { id: 'Topic' });

export const countedTopicSchema = topicSchema.extend({
  events: z.int(),
  first_offset: z.int().nullable(),
  last_offset: z.int().nullable(),
});
z.globalRegistry.add(countedTopicSchema, { id: 'CountedTopic' });

/** What is known of the broker beside the topic's own settings. */
export interface BrokerFacts {
  readonly prefix: string;
  readonly attached: boolean;
}

export const presentTopic = (topic: Topic, { prefix, attached }: BrokerFacts): z.input<typeof topicSchema> => ({
  name: topic.name,
  changes: [...topic.settings.changes],
  retention_seconds: topic.settings.retention_seconds,
  order_by: topic.settings.order_by,
  broker: { ...topic.settings.broker, attached, topic: brokerTopicOf(topic, prefix) },
  version: topic.version,
  created_at: topic.createdAt.toISOString(),
  updated_at: topic.updatedAt.toISOString(),
});
