import type { IncomingHttpHeaders } from 'node:http';
import { invalid, malformed, unsupportedMediaType, type Fault } from '../../common/errors';
import { isObject } from '../../common/filter/values';
import { messageOf } from '../../common/message-of';
import { isNestedTooDeep, MAX_NESTING } from '../../common/nesting';
import type { BodyDecoder } from '../../api/endpoint';
import { ATTRIBUTE_NAME } from '../dto/event.schemas';
import type { EventInput } from './draft';

const STRUCTURED = 'application/cloudevents+json';
const BATCH = 'application/cloudevents-batch+json';
const CLOUD_EVENT_FIELDS = [
  'id',
  'type',
  'source',
  'subject',
  'time',
  'datacontenttype',
  'dataschema',
  'data',
  'data_base64',
];
const utf8 = new TextDecoder('utf-8', { fatal: true });

/** CloudEvents 1.0 over HTTP, in its three modes, as the body of a publish. */
export const CLOUD_EVENT_DECODERS: readonly BodyDecoder[] = [
  {
    mediaType: BATCH,
    matches: (headers) => mediaTypeOf(headers) === BATCH,
    decode: (bytes) => ({ events: listOf(parse(bytes)).map((event, index) => fromJson(event, `/${index}`)) }),
  },
  {
    mediaType: STRUCTURED,
    matches: (headers) => mediaTypeOf(headers) === STRUCTURED,
    decode: (bytes) => ({ events: [fromJson(parse(bytes), '')] }),
  },
  {
    mediaType: '*/*',
    matches: (headers) => headers['ce-specversion'] !== undefined || headers['ce-id'] !== undefined,
    decode: (bytes, headers) => ({ events: [fromBinary(bytes, headers)] }),
  },
];

const mediaTypeOf = (headers: IncomingHttpHeaders): string =>
  (headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';

const listOf = (value: unknown): unknown[] => {
  if (Array.isArray(value)) return value;
  throw malformed('A batch of CloudEvents is a JSON array.');
};

const parse = (bytes: Buffer): unknown => {
  try {
    const source = utf8.decode(bytes);
    if (isNestedTooDeep(source)) throw new Error(`more than ${MAX_NESTING} levels`);
    return JSON.parse(source) as unknown;
  } catch (cause) {
    throw malformed('The body is not valid JSON in UTF-8.', [], cause);
  }
};

/** An event in the JSON format. Throws `invalid` with paths into what was sent. */
function fromJson(event: unknown, at: string): EventInput {
  if (!isObject(event)) throw invalid('A CloudEvent is a JSON object.', [{ path: at, message: 'must be an object' }]);
  const faults = attributeFaults(event, (name) => `${at}/${name}`);
  if ('data' in event && 'data_base64' in event) {
    faults.push({ path: `${at}/data_base64`, message: 'must not be combined with data' });
  }
  if (faults.length > 0) throw invalid(`The CloudEvent is invalid: ${describe(faults)}`, faults);
  return inputOf(event);
}

/** An event whose attributes are `ce-` headers, and whose data is the body. */
function fromBinary(bytes: Buffer, headers: IncomingHttpHeaders): EventInput {
  // Without a prototype: an attribute named like one of its properties is rejected by name, not lost.
  const attributes = Object.create(null) as Record<string, unknown>;
  attributes.datacontenttype = headers['content-type'];
  for (const [name, value] of Object.entries(headers)) {
    if (name.startsWith('ce-')) attributes[name.slice(3)] = percentDecoded(String(value), `header:${name}`);
  }
  const faults = attributeFaults(attributes, (name) => `header:ce-${name}`);
  if (faults.length > 0) throw invalid(`The CloudEvent is invalid: ${describe(faults)}`, faults);
  return inputOf({ ...attributes, ...dataOf(bytes, mediaTypeOf(headers)) });
}

const dataOf = (bytes: Buffer, mediaType: string): Record<string, unknown> => {
  if (bytes.length === 0) return {};
  if (mediaType === 'application/json' || mediaType.endsWith('+json')) return { data: parse(bytes) };
  if (mediaType.startsWith('text/')) return { data: textOf(bytes) };
  return { data_base64: bytes.toString('base64') };
};

const textOf = (bytes: Buffer): string => {
  try {
    return utf8.decode(bytes);
  } catch (cause) {
    throw unsupportedMediaType(`Only UTF-8 is supported for text: ${messageOf(cause)}`);
  }
};

const REQUIRED = ['id', 'source', 'type', 'specversion'];

const attributeFaults = (event: Readonly<Record<string, unknown>>, pathOf: (name: string) => string): Fault[] => {
  const faults = REQUIRED.filter((name) => typeof event[name] !== 'string' || event[name] === '').map((name) => ({
    path: pathOf(name),
    message: 'is required: a string that is not empty',
  }));
  if (event.specversion !== undefined && event.specversion !== '1.0') {
    faults.push({ path: pathOf('specversion'), message: 'must be "1.0"' });
  }
  for (const name of Object.keys(event)) {
    if (ATTRIBUTE_NAME.test(name) || name === 'data_base64') continue;
    faults.push({ path: pathOf(name), message: 'is not a valid attribute name: use lower-case letters and digits' });
  }
  return faults;
};

/** `key` is ours, `partitionkey` is what the extension of that name calls it. */
const inputOf = (event: Readonly<Record<string, unknown>>): EventInput => {
  const own: Record<string, unknown> = {};
  const extensions: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(event)) {
    if (value === null || value === undefined) continue;
    if (CLOUD_EVENT_FIELDS.includes(name)) own[name] = value;
    else if (!['specversion', 'key', 'topic', 'offset'].includes(name)) extensions[name] = value;
  }
  const key = event.key ?? event.partitionkey;
  return { ...own, ...(key === undefined ? {} : { key }), extensions } as EventInput;
};

const percentDecoded = (value: string, path: string): string => {
  try {
    return decodeURIComponent(value);
  } catch {
    throw invalid(`${path}: is not valid percent-encoding`, [{ path, message: 'is not valid percent-encoding' }]);
  }
};

const describe = (faults: readonly Fault[]): string => `${faults[0]?.path ?? ''}: ${faults[0]?.message ?? ''}`;
