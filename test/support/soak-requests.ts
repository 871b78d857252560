/** One small request and the statuses that it may have. */
export interface SmallRequest {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
  readonly statuses: readonly number[];
}

const NAMES = 200;
const OK = [200, 201, 202, 204];
const OR_GONE = [...OK, 404];
const RECORDS = '/v1/collections/c/records';
const SEARCH = '/v1/collections/c/search';

export const PREPARATION: readonly SmallRequest[] = [
  { method: 'PUT', path: '/v1/collections/c', body: { dimension: 2 }, statuses: OK },
  { method: 'PUT', path: '/v1/topics/t', body: {}, statuses: OK },
  { method: 'PUT', path: '/v1/buckets/b', body: {}, statuses: OK },
];

const ask = (method: string, path: string, body?: unknown, statuses = OK): SmallRequest => ({
  method,
  path,
  ...(body === undefined ? {} : { body }),
  statuses,
});

/**
 * The `i`th: names come back, so that the data stays as large as it is; values, queries and users are new each time, so
 * that whatever is kept by them adds up.
 */
export function smallRequest(i: number): SmallRequest {
  const [round, kind] = [Math.floor(i / KINDS.length), i % KINDS.length];
  return KINDS[kind]?.(round) ?? ask('GET', '/v1/status');
}

const name = (i: number): string => `k${i % NAMES}`;
const vectorOf = (i: number): number[] => [Math.sin(i), Math.cos(i)];
const scope = (i: number): object => ({ user_id: `user-${i % NAMES}` });

const records: readonly ((i: number) => SmallRequest)[] = [
  (i) =>
    ask('PUT', RECORDS, { records: [{ id: name(i), vector: vectorOf(i), text: `word${i} note`, metadata: { i } }] }),
  (i) => ask('GET', `${RECORDS}/${name(i)}`, undefined, OR_GONE),
  (i) => ask('PATCH', `${RECORDS}/${name(i)}`, { metadata: { seen: i } }, OR_GONE),
  (i) => ask('DELETE', `${RECORDS}/${name(i + NAMES / 2)}`, undefined, OR_GONE),
  (i) => ask('GET', `${RECORDS}?limit=${1 + (i % 3)}`),
  (i) => ask('PUT', RECORDS, { records: [{ id: `bad${i}`, vector: [i] }] }, [422]),
  (i) => ({
    ...ask('PUT', RECORDS, { records: [{ id: `i-${name(i)}`, vector: vectorOf(i) }] }),
    headers: { 'idempotency-key': `soak-${i}` },
  }),
];

const searches: readonly ((i: number) => SmallRequest)[] = [
  (i) => ask('POST', SEARCH, { query: { vector: vectorOf(i) }, limit: 3 }),
  (i) => ask('POST', SEARCH, { query: { vector: vectorOf(i) }, filter: { i: { $lt: i }, [`f${i}`]: null } }),
  (i) => ask('POST', SEARCH, { query: { text: `word${i}` }, mode: 'keyword' }),
  (i) => ask('POST', '/graphql', { query: `{ collections(limit: ${1 + (i % 9)}) { data { name } } }` }),
];

const memories: readonly ((i: number) => SmallRequest)[] = [
  (i) => ask('POST', '/v1/memories', { id: `m${i}`, content: `The parcel ${i} lies in room ${i % 97}`, ...scope(i) }),
  (i) => ask('POST', '/v1/memories/search', { query: `parcel ${i}`, ...scope(i) }),
  (i) => ask('POST', '/v1/memories/search', { query: `word${i}`, user_id: `stranger-${i}`, mode: 'keyword' }),
  (i) => ask('DELETE', `/v1/memories/m${i - NAMES}`, undefined, OR_GONE),
];

const others: readonly ((i: number) => SmallRequest)[] = [
  (i) => ask('POST', '/v1/topics/t/events', { events: [{ type: 't', key: `key${i}`, data: { i } }] }),
  (i) => ask('GET', `/v1/topics/t/events?after=${Math.max(0, i - 5)}&limit=2`),
  (i) => ask('PUT', `/v1/files/b/${name(i)}`, { i }),
  (i) => ask('GET', `/v1/files/b/${name(i)}`, undefined, OR_GONE),
  (i) => ask('DELETE', `/v1/files/b/${name(i + NAMES / 2)}`, undefined, OR_GONE),
  () => ask('GET', '/v1/status'),
];

/** Mixed, so that no kind waits for another's batch. */
const KINDS = [...records, ...searches, ...memories, ...others];
