import type { CollectionsService } from '../../collections/collections.service';
import type { PostgresAway } from '../../registry/postgres-away';
import { ChromaCatalogue } from './catalogue';
import type { ChromaCollection, ChromaRepository } from './chroma.repository';

const scope = { projectId: 1, projectName: 'p' };
const place = { tenant: 't', database: 'd' };
const collection = { ...place, id: 'c', name: 'n', dimension: 2, collection: 'n' } as ChromaCollection;

/** Postgres answers with `rows`, one after the other; an error is a sign that it is down. */
const catalogueOf = (...rows: (ChromaCollection | Error | undefined)[]): ChromaCatalogue => {
  const byId = async (): Promise<ChromaCollection | undefined> => {
    const row = rows.shift();
    if (row instanceof Error) throw row;
    return await Promise.resolve(row);
  };
  const otherwise = async (asked: () => Promise<unknown>, standIn: () => Promise<unknown>): Promise<unknown> =>
    await asked().catch(async (error: { status?: number }) => {
      if (error.status === 404) throw error;
      return await standIn();
    });
  return new ChromaCatalogue(
    { byId } as unknown as ChromaRepository,
    {} as CollectionsService,
    { otherwise } as unknown as PostgresAway,
  );
};

describe('a collection of a query', () => {
  const down = new Error('down');

  it('is found as it was seen last while Postgres is down', async () => {
    const catalogue = catalogueOf(collection, down, down, down);
    await catalogue.lookUp(scope, place, 'c');
    expect(await catalogue.lookUp(scope, place, 'c')).toBe(collection);
    await expect(catalogue.lookUp({ ...scope, projectId: 2 }, place, 'c')).rejects.toBe(down);
    await expect(catalogue.byId(scope, place, 'c')).rejects.toBe(down);
  });

  it.each([
    ['is gone', undefined],
    ['has no records yet', { ...collection, dimension: null }],
  ])('is not found then when it %s', async (_, last) => {
    const catalogue = catalogueOf(collection, last, down);
    await catalogue.lookUp(scope, place, 'c');
    await catalogue.lookUp(scope, place, 'c').catch(() => undefined);
    await expect(catalogue.lookUp(scope, place, 'c')).rejects.toBe(down);
  });
});
