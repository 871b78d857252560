/**
 * The least that could answer the same requests: Fastify, one `pg` client, one pool of connections to Qdrant. It checks no key,
 * validates nothing and knows no deadline. Run as a process, so that its processor time can be told from the client's.
 */
import Fastify, { type FastifyInstance } from 'fastify';
import type { Client } from 'pg';
import { Pool } from 'undici';
import { vectorValue } from '../../src/common/binary-values';
import { plainClient } from './same-sql';

/** A statement of the product, with names where the values of a request go. */
export interface Template {
  readonly sql: string;
  readonly params: readonly unknown[];
  /** Positions in `params`. */
  readonly ids?: number;
  readonly vector?: number;
  readonly name?: string;
}

export interface BareWork {
  readonly postgresUrl: string;
  readonly qdrantUrl: string;
  readonly copy: string;
  readonly projectId: number;
  readonly get: Template;
  readonly upsert: readonly Template[];
  readonly lookUp: Template;
  readonly search: Template;
}

interface SearchBody {
  readonly query: { readonly vector: string };
  readonly limit: number;
}
interface UpsertBody {
  readonly records: readonly { readonly id: string; readonly vector: string }[];
}
interface Point {
  readonly score: number;
  readonly payload: Readonly<Record<string, string>>;
}
interface Row {
  readonly id: string;
  readonly distance: number;
}

const floats = (base64: string): Float32Array => new Float32Array(new Uint8Array(Buffer.from(base64, 'base64')).buffer);

const bound = ({ params, ids, vector }: Template, values: { ids?: readonly string[]; vector?: string }): unknown[] =>
  params.map((param, at) => {
    if (at === ids) return values.ids;
    return at === vector ? vectorValue(floats(values.vector ?? '')) : param;
  });

class Bare {
  private readonly pool: Pool;

  constructor(
    private readonly work: BareWork,
    private readonly client: Client,
  ) {
    this.pool = new Pool(work.qdrantUrl, { connections: 1 });
  }

  serve(fastify: FastifyInstance): void {
    fastify.get('/livez', () => ({ status: 'ok' }));
    fastify.get<{ Params: { id: string } }>('/records/:id', async ({ params }) => {
      return (await this.send<Row>(this.work.get, { ids: [params.id] }))[0];
    });
    fastify.put<{ Body: UpsertBody }>('/records', async ({ body }) => await this.upsert(body));
    fastify.post<{ Body: SearchBody }>('/eventual', async ({ body }) => {
      const points = await this.nearest(body, ['id', 'version', 'metadata']);
      const results = points.map(({ score, payload: { id, version, metadata } }) => {
        return { id, score, version, metadata: JSON.parse(metadata ?? '{}') as unknown };
      });
      return { results };
    });
    fastify.post<{ Body: SearchBody }>('/strong', async ({ body }) => {
      const points = await this.nearest(body, ['id', 'version']);
      const rows = await this.send<Row>(this.work.lookUp, { ids: points.map(({ payload }) => payload['id'] ?? '') });
      const byId = new Map(rows.map((row) => [row.id, row]));
      return { results: points.map(({ score, payload }) => ({ ...byId.get(payload['id'] ?? ''), score })) };
    });
    fastify.post<{ Body: SearchBody }>('/pgvector', async ({ body }) => {
      const rows = await this.send<Row>(this.work.search, { vector: body.query.vector });
      return { results: rows.map(({ distance, ...row }) => ({ ...row, score: 1 - distance })) };
    });
  }

  private async upsert({ records }: UpsertBody): Promise<unknown> {
    const ids = records.map(({ id }) => id);
    await this.client.query('begin');
    for (const template of this.work.upsert) await this.send(template, { ids, vector: records[0]?.vector ?? '' });
    await this.client.query('commit');
    return { upserted: ids.length, ids };
  }

  private async nearest({ query, limit }: SearchBody, fields: readonly string[]): Promise<readonly Point[]> {
    const body = {
      query: Array.from(floats(query.vector)),
      limit: limit + 5,
      filter: { must: [{ key: 'project', match: { value: this.work.projectId } }] },
      params: { hnsw_ef: 128 },
      with_payload: fields,
    };
    const answer = await this.pool.request({
      method: 'POST',
      path: `/collections/${this.work.copy}/points/query`,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const { result } = (await answer.body.json()) as { result: { points: readonly Point[] } };
    return result.points.slice(0, limit);
  }

  private async send<T>(template: Template, values: { ids?: readonly string[]; vector?: string }): Promise<T[]> {
    const { sql: text, name } = template;
    return (await this.client.query({ text, values: bound(template, values), ...(name === undefined ? {} : { name }) }))
      .rows as T[];
  }
}

async function start(work: BareWork): Promise<string> {
  const client = await plainClient(work.postgresUrl);
  await client.query(`select set_config('role', 'zerodb_app', false), set_config('zerodb.project_id', $1, false)`, [
    String(work.projectId),
  ]);
  const fastify = Fastify();
  new Bare(work, client).serve(fastify);
  return await fastify.listen({ port: 0, host: '127.0.0.1' });
}

process.once('message', (work: BareWork) => {
  start(work).then(
    (url) => process.send?.({ url }),
    (error: unknown) => process.send?.({ error: String(error) }),
  );
});
process.once('disconnect', () => process.exit(0));
