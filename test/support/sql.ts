import { clientOf } from './http';
import { openTestDatabase } from './database';
import { startServer } from './server';

export interface SqlServer {
  readonly url: string;
  readonly rootKey: string;
  /** A key of the role `read`, of the project that asks. */
  readonly key: string;
  /** The same of a project beside it, whose collection "theirs" has one record. */
  readonly otherKey: string;
  /** What both projects hold, as the product itself lists it. */
  readonly state: () => Promise<unknown>;
  readonly stop: () => Promise<void>;
}

const INDEXES = [
  { field: 'year', type: 'number' },
  { field: 'lang', type: 'string' },
  { field: 'author.name', type: 'string' },
  { field: 'seen', type: 'datetime' },
  { field: 'ok', type: 'boolean' },
];

/** Five records of the years 2019 to 2023. */
export const RECORDS = [1, 2, 3, 4, 5].map((n) => ({
  id: `d${n}`,
  vector: [n, 1, 0],
  text: `a cat number ${n}`,
  metadata: {
    ...{ year: 2018 + n, lang: n % 2 === 1 ? 'en' : 'de', seen: `2024-01-0${n}T10:00:00Z`, ok: n > 2 },
    ...{ author: { name: `A${n}` }, tags: ['x', `t${n}`], n },
  },
}));

/** A process with two projects; the first has the collections "docs" and "My-Notes". */
export async function openSqlServer(engine: 'embedded' | 'server'): Promise<SqlServer> {
  const place = engine === 'server' ? await openTestDatabase('server', { migrated: false }) : undefined;
  const url = place?.options.engine === 'server' ? place.options.url : undefined;
  const server = await startServer(url === undefined ? {} : { ZERODB_POSTGRES_URL: url });
  const request = clientOf(server.url);
  const send = async (target: string, method: string, body: unknown, key = server.rootKey, project = 'default') => {
    const answer = await request(target, { method, key, body, headers: { 'zerodb-project': project } });
    if (answer.status >= 300) throw new Error(`${method} ${target}: ${answer.text}`);
    return answer.json;
  };
  const keyOf = async (project: string): Promise<string> =>
    String((await send('/v1/keys', 'POST', { name: 'sql', role: 'read' }, server.rootKey, project))['key']);
  await send('/v1/projects', 'POST', { name: 'other' });
  await send('/v1/collections/docs', 'PUT', { dimension: 3, embedding_model: null, indexes: INDEXES });
  await send('/v1/collections/docs/records', 'PUT', { records: RECORDS });
  await send('/v1/collections/My-Notes', 'PUT', { dimension: 3, embedding_model: null });
  const theirs = { records: [{ id: 's', vector: [1, 0, 0], text: 'secret of the others', metadata: {} }] };
  await send('/v1/collections/theirs', 'PUT', { dimension: 3, embedding_model: null }, server.rootKey, 'other');
  await send('/v1/collections/theirs/records', 'PUT', theirs, server.rootKey, 'other');
  return {
    url: server.url,
    rootKey: server.rootKey,
    key: await keyOf('default'),
    otherKey: await keyOf('other'),
    state: async () => [
      (await request('/v1/collections', { key: server.rootKey })).json,
      (await request('/v1/collections/docs/records?limit=100', { key: server.rootKey })).json,
    ],
    stop: async () => {
      await server.stop();
      await place?.drop();
    },
  };
}
