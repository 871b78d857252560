import type { OperationsRepository } from './operations.repository';
import { OperationsService } from './operations.service';

const SCOPE = { projectId: 1, projectName: 'default' };

/** Real: the service. Fake: the repository, which notes what is written. */
describe('OperationsService', () => {
  /** State and progress of each update, in their order. */
  const followed = async (
    work: Parameters<typeof OperationsService.prototype.follow<'index_build'>>[2],
  ): Promise<unknown[]> => {
    const written: unknown[] = [];
    const update: OperationsRepository['update'] = (_scope, _id, state, { progress }) => {
      written.push([state, progress ?? null]);
      return Promise.resolve();
    };
    await new OperationsService({ update } as OperationsRepository).follow(
      SCOPE,
      { id: 'o', kind: 'index_build' },
      work,
    );
    return written;
  };

  it('ends with the last progress, however soon it came after the one before', async () => {
    const written = await followed(async (report) => {
      for (const done of [250, 1_000, 2_000]) await report({ done, total: 2_000, unit: 'records' });
      return { indexed: 2_000 };
    });
    expect(written).toEqual([
      ['running', { done: 250, total: 2_000, unit: 'records' }],
      ['succeeded', { done: 2_000, total: 2_000, unit: 'records' }],
    ]);
  });

  it('keeps how far it came when it failed', async () => {
    const written = await followed(async (report) => {
      await report({ done: 1 });
      await report({ done: 2 });
      throw new Error('no');
    });
    expect(written.at(-1)).toEqual(['failed', { done: 2 }]);
  });

  it('has no progress where nothing was reported', async () => {
    expect(await followed(() => Promise.resolve({ indexed: 0 }))).toEqual([['succeeded', null]]);
  });
});
