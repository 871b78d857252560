import { parseFilter } from '../../../common/filter';
import type { Scope } from '../../../common/scope';
import type { Database } from '../../../database/database.port';
import type { Collection } from '../../collection';
import type { VectorQuery } from '../../vector-store.port';
import { PgVectorStore } from './pgvector.store';

describe('PgVectorStore, when the index fails', () => {
  const collection = {
    id: 7,
    name: 'notes',
    dimension: 2,
    metric: 'cosine',
    settings: { vector_index: { type: 'hnsw' }, indexes: [] },
  } as unknown as Collection;
  const query = { vector: new Float32Array([1, 0]), limit: 1, include: [] } as unknown as VectorQuery;
  const deleted = Object.assign(new Error('cannot load deleted element'), { code: 'XX000' });

  /** A database that answers the first statements with these faults, and the others with one row. */
  const storeOver = (...faults: readonly Error[]) => {
    const statements: string[] = [];
    const answer = (_scope: Scope, sql: string): Promise<unknown> => {
      const fault = faults[statements.length];
      statements.push(sql.includes('materialized') ? 'scan' : 'index');
      return fault ? Promise.reject(fault) : Promise.resolve({ rows: [{ id: 'a', version: 1, distance: 0.25 }] });
    };
    return { store: new PgVectorStore({ query: answer } as unknown as Database), statements };
  };

  it('asks it once more: a vacuum may have taken away what the scan was about to read', async () => {
    const { store, statements } = storeOver(deleted);
    expect(await store.search({} as Scope, collection, query)).toMatchObject([{ id: 'a', score: 0.75 }]);
    expect(statements).toEqual(['index', 'index']);
  });

  it('scans the records when it fails again', async () => {
    const { store, statements } = storeOver(deleted, deleted);
    expect(await store.search({} as Scope, collection, query)).toMatchObject([{ id: 'a' }]);
    expect(statements).toEqual(['index', 'index', 'scan']);
  });

  it('leaves other faults to the caller', async () => {
    const { store, statements } = storeOver(Object.assign(new Error('gone'), { code: '42P01' }));
    await expect(store.search({} as Scope, collection, query)).rejects.toThrow('gone');
    expect(statements).toEqual(['index']);
  });

  it('compares all selected records when the graph fails in a filtered search, and when it gives too few', async () => {
    const filter = parseFilter({ a: 1 }, { basePath: '/filter' });
    const sample = { sampled: 2_000, selected: 1_000, handed_over: null, percent: 1 };
    const asked = async (graph: object | Error): Promise<string[]> => {
      const statements: string[] = [];
      const answer = (_scope: Scope, sql: string): Promise<unknown> => {
        if (sql.includes('tablesample')) return Promise.resolve({ rows: [sample] });
        const isGraph = sql.includes('looked');
        statements.push(isGraph ? 'graph' : 'scan');
        if (isGraph && graph instanceof Error) return Promise.reject(graph);
        return Promise.resolve({ rows: [{ id: 'a', version: 1, distance: 0.25, ...graph }] });
      };
      const store = new PgVectorStore({ query: answer, engine: 'server' } as unknown as Database);
      await store.search({} as Scope, collection, { ...query, limit: 10, filter });
      return statements;
    };
    expect(await asked({ looked: 100, matched: 10, reach: 20 })).toEqual(['graph']);
    expect(await asked({ looked: 100, matched: 2, reach: 90 })).toEqual(['graph', 'scan']);
    expect(await asked(deleted)).toEqual(['graph', 'graph', 'scan']);
  });
});
