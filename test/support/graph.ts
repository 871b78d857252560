import { clientOf, type Answer, type Request } from './http';
import { openTestDatabase } from './database';
import { startServer } from './server';

export interface GraphServer {
  readonly url: string;
  /** Of the Postgres server; absent with the embedded engine. */
  readonly postgresUrl: string | undefined;
  /** As the root key; `project` is another one than the default. */
  readonly ask: (
    target: string,
    method: string,
    body?: unknown,
    more?: Request & { project?: string },
  ) => Promise<Answer>;
  /** The same, of what must succeed. */
  readonly must: (target: string, method: string, body?: unknown) => Promise<Answer['json']>;
  readonly stop: () => Promise<void>;
}

/** A process on one of the engines. */
export async function openGraphServer(engine: 'embedded' | 'server'): Promise<GraphServer> {
  const place = engine === 'server' ? await openTestDatabase('server', { migrated: false }) : undefined;
  const url = place?.options.engine === 'server' ? place.options.url : undefined;
  const server = await startServer(url === undefined ? {} : { ZERODB_POSTGRES_URL: url });
  const request = clientOf(server.url);
  const ask: GraphServer['ask'] = (target, method, body, { project, headers, ...more } = {}) =>
    request(target, {
      method,
      key: server.rootKey,
      ...(body === undefined ? {} : { body }),
      headers: { ...(project === undefined ? {} : { 'zerodb-project': project }), ...headers },
      ...more,
    });
  const must: GraphServer['must'] = async (target, method, body) => {
    const answer = await ask(target, method, body);
    if (answer.status >= 300) throw new Error(`${method} ${target}: ${answer.text}`);
    return answer.json;
  };
  const stop = async (): Promise<void> => {
    await server.stop();
    await place?.drop();
  };
  return { url: server.url, postgresUrl: url, ask, must, stop };
}

/** The graph with these nodes and edges, made through the API. */
export async function makeGraph(
  { must }: GraphServer,
  name: string,
  nodes: readonly object[],
  edges: readonly object[],
): Promise<void> {
  await must(`/v1/graphs/${name}`, 'PUT', {});
  await must(`/v1/graphs/${name}/nodes`, 'POST', { nodes });
  if (edges.length > 0) await must(`/v1/graphs/${name}/edges`, 'POST', { edges });
}
