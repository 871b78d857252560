import { BackgroundWork } from '../../common/background-work';
import type { Chainer } from './chainer';
import { ChainWorker } from './chain-worker';

describe('the worker of the chains', () => {
  it('goes on with the next chain when one cannot be continued, and reports it', async () => {
    const extended: number[] = [];
    const chainer = {
      due: async () => [1, 2, 3],
      extend: async (chain: number) => {
        if (chain === 1) throw new Error('broken');
        extended.push(chain);
        return false;
      },
    };
    const background = new BackgroundWork('all');
    const worker = new ChainWorker(chainer as unknown as Chainer, background);
    worker.onApplicationBootstrap();
    await new Promise((resolve) => setTimeout(resolve, 20));
    await worker.beforeApplicationShutdown();
    expect(extended).toEqual([2, 3]);
    expect(background.views()).toMatchObject([{ failures: 1, lastFault: { clearedAt: null } }]);
  });
});
