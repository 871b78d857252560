import { Reply } from '../../api/endpoint';

const JSON_TYPE = 'application/json';
const STREAM_TYPE = 'text/event-stream';

/** What a client takes. `json_first`: a stream too, but it did not ask for one by name. */
export type Wanted = 'either' | 'json_first' | 'json' | 'stream' | 'neither';

/** Reads `Accept`; without one a client takes anything. */
export const wantedOf = (accept = '*/*'): Wanted => {
  const ranges = rangesIn(accept);
  const takesJson = takes(ranges, JSON_TYPE);
  const takesStream = takes(ranges, STREAM_TYPE);
  if (!takesJson) return takesStream ? 'stream' : 'neither';
  if (!takesStream) return 'json';
  return ranges.has(STREAM_TYPE) ? 'either' : 'json_first';
};

/** Media ranges with their weights. */
const rangesIn = (accept: string): ReadonlyMap<string, number> =>
  new Map(
    accept.split(',').map((part) => {
      const [range = '', ...parameters] = part.split(';').map((one) => one.trim().toLowerCase());
      const weight = parameters.find((one) => one.startsWith('q='));
      return [range, weight === undefined ? 1 : Number(weight.slice(2))] as const;
    }),
  );

/** The most precise range counts. */
const takes = (ranges: ReadonlyMap<string, number>, type: string): boolean => {
  const [family = ''] = type.split('/');
  return (ranges.get(type) ?? ranges.get(`${family}/*`) ?? ranges.get('*/*') ?? 0) > 0;
};

/** A complete answer in the type that the client takes. `isBatch`: the request was an array, and so is the answer. */
export const inWanted = (wanted: Wanted, reply: Reply, isBatch: boolean): Reply => {
  const { status, body, headers } = reply;
  if (!Buffer.isBuffer(body) || status !== 200) return reply;
  const type = headers['content-type'] ?? '';
  if (wanted.startsWith('json') && type.startsWith(STREAM_TYPE)) return asJson(reply, body, isBatch);
  if (wanted === 'stream' && type.startsWith(JSON_TYPE)) {
    return new Reply(status, Buffer.from(`event: message\ndata: ${body.toString()}\n\n`), {
      ...headers,
      'content-type': STREAM_TYPE,
    });
  }
  return reply;
};

const DATA = 'data: ';

const asJson = (reply: Reply, body: Buffer, isBatch: boolean): Reply => {
  const lines = body.toString().split('\n');
  const events = lines.filter((line) => line.startsWith(DATA)).map((line) => line.slice(DATA.length));
  // Notifications on the way belong to streams.
  const answers = events.filter((event) => event.trim() !== '').filter(isAnswer);
  const last = answers.at(-1);
  if (last === undefined) return reply;
  const json = isBatch ? `[${answers.join(',')}]` : last;
  return new Reply(reply.status, Buffer.from(json), { 'content-type': JSON_TYPE });
};

const isAnswer = (event: string): boolean => !('method' in (JSON.parse(event) as object));
