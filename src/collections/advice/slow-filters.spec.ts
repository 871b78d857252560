import { BackgroundWork } from '../../common/background-work';
import { unavailable } from '../../common/errors';
import { parseFilter } from '../../common/filter';
import { currentRequest, forRequest } from '../../common/request-work';
import type { Scope } from '../../common/scope';
import type { Database } from '../../database/database.port';
import type { FilterReport } from '../adapters/pgvector/filtered-search';
import type { Collection } from '../collection';
import { SlowFilters } from './slow-filters';
import type { SlowFiltersRepository } from './slow-filters.repository';

const scope: Scope = { projectId: 1, projectName: 'p' };
const collection = { id: 1, settings: { indexes: [] } } as unknown as Collection;
const estimate = { records: 50_000, sampled: 2_000, selected: 2, handedOver: undefined };
const report: FilterReport = {
  plan: { choice: 'exact_scan', candidates: 0, reason: '', costs: { graph: 9_000, index: undefined, scan: 6_500 } },
  known: { estimate, widening: 1, isAssumed: false },
  looked: 0,
  fellBack: false,
};

function opened(query: () => Promise<unknown>) {
  const database = { engine: 'server', query } as unknown as Database;
  const repository = { add: () => Promise.resolve() } as unknown as SlowFiltersRepository;
  const slow = new SlowFilters(database, repository, new BackgroundWork('all'));
  const note = (field: string): void =>
    slow.note(scope, collection, parseFilter({ [field]: 1 }, { basePath: '/filter' }), report, 50);
  return { slow, note };
}

describe('slow filters', () => {
  it('are kept outside of the request that asks for advice', async () => {
    const requests: unknown[] = [];
    const { slow, note } = opened(() => {
      requests.push(currentRequest());
      return Promise.resolve({ rows: [], rowCount: 0 });
    });
    note('a');
    await forRequest(1_000, 1_000, () => slow.flush());
    expect(requests).toEqual([undefined]);
  });

  it('are given up at the first that finds the database unavailable', async () => {
    let asked = 0;
    const { slow, note } = opened(() => {
      asked += 1;
      return Promise.reject(unavailable('Postgres'));
    });
    for (let at = 0; at < 20; at += 1) note(`f${at}`);
    await slow.beforeApplicationShutdown();
    expect(asked).toBe(1);
  });

  it('are all tried when one of them fails, such as that of a dropped collection', async () => {
    let asked = 0;
    const { slow, note } = opened(() => {
      asked += 1;
      return Promise.reject(new Error('relation does not exist'));
    });
    for (let at = 0; at < 5; at += 1) note(`f${at}`);
    await slow.flush();
    expect(asked).toBe(5);
  });
});
