import { z } from 'zod';
import { recordIdSchema } from '../../api/schemas';
import { parseInstant } from '../../common/filter';

export const MAX_EVENTS = 1_000;
const MAX_TYPE = 255;
const MAX_ATTRIBUTE = 1_024;
const CONTROL = /\p{Cc}/u;

const attribute = (max: number) =>
  z
    .string()
    .min(1, 'must not be empty')
    .max(max, `must have at most ${max} characters`)
    .refine(
      (text) => !CONTROL.test(text) && text.isWellFormed(),
      'must not contain control characters or lone surrogates',
    );

/** An RFC 3339 date-time with a zone. */
const time = z.string().refine((text) => parseInstant(text) !== undefined, 'must be an RFC 3339 date-time with a zone');

export const ATTRIBUTE_NAME = /^[a-z0-9]{1,64}$/;
/** Attributes with a separate field, or that we add. */
export const OWN_ATTRIBUTES: readonly string[] = [
  'specversion',
  'id',
  'source',
  'type',
  'subject',
  'time',
  'key',
  'topic',
  'offset',
  'datacontenttype',
  'dataschema',
  'data',
];

const extensions = z
  .record(
    z
      .string()
      .regex(ATTRIBUTE_NAME, 'must be lower-case letters and digits')
      .refine((name) => !OWN_ATTRIBUTES.includes(name), 'is set by a separate field'),
    z.union([attribute(MAX_ATTRIBUTE), z.int(), z.boolean()]),
  )
  .refine((record) => Object.keys(record).length <= 32, 'must have at most 32 attributes');

export const eventInputSchema = z.strictObject({
  id: recordIdSchema.optional().meta({ description: 'Set it to detect repeats; generated when absent.' }),
  type: attribute(MAX_TYPE).meta({ examples: ['order.placed'] }),
  key: attribute(255).optional().meta({ description: 'Events of one key keep their order.' }),
  subject: attribute(MAX_ATTRIBUTE).optional(),
  source: attribute(MAX_ATTRIBUTE).optional(),
  time: time.optional(),
  datacontenttype: attribute(255).optional(),
  dataschema: attribute(MAX_ATTRIBUTE).optional(),
  data: z.unknown().optional(),
  data_base64: z
    .string()
    .regex(/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/, 'must be base64')
    .optional(),
  extensions: extensions.optional().meta({ description: 'Further attributes of the CloudEvent.' }),
});

export const publishBody = z.strictObject({
  events: z
    .array(eventInputSchema)
    .min(1, 'must hold at least one event')
    .max(MAX_EVENTS, `must hold at most ${MAX_EVENTS} events`),
});

export const receiptsSchema = z.object({ data: z.array(z.object({ id: z.string(), offset: z.int() })) });
z.globalRegistry.add(receiptsSchema, { id: 'PublishReceipts' });

/** An event as returned: a CloudEvent in JSON, with its offset. */
export const eventSchema = z
  .looseObject({
    offset: z.int(),
    specversion: z.literal('1.0'),
    id: z.string(),
    source: z.string(),
    type: z.string(),
    subject: z.string().optional(),
    time: z.string().meta({ format: 'date-time' }),
    topic: z.string(),
    key: z.string().optional(),
    data: z.unknown().optional(),
  })
  .meta({ id: 'Event' });

/** An offset in a query string: 0 is before the first event. */
export const offsetQuery = z
  .string()
  .regex(/^\d{1,15}$/, 'must be an offset: a whole number')
  .transform(Number)
  .meta({ override: { type: 'integer', minimum: 0 } });
