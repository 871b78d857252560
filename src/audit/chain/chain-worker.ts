import { Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import type { BackgroundLoop } from '../../common/background-loop';
import { BackgroundWork } from '../../common/background-work';
import { Chainer } from './chainer';

const PIECE = {
  name: 'audit_chain',
  description: 'Numbers and hashes new entries of the audit log, and signs checkpoints.',
  intervalMs: 1_000,
  role: 'worker',
} as const;

/** Several replicas may run it: each takes the chains that no other one works on. */
@Injectable()
export class ChainWorker implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly loop: BackgroundLoop;

  constructor(
    private readonly chainer: Chainer,
    background: BackgroundWork,
  ) {
    this.loop = background.whileMore(PIECE, (signal) => this.work(signal));
  }

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.loop.stop();
  }

  private async work(signal: AbortSignal): Promise<boolean> {
    let isMore = false;
    for (const chain of await this.chainer.due()) {
      if (signal.aborted) return false;
      isMore = (await this.extend(chain)) || isMore;
    }
    return isMore;
  }

  /** A chain that cannot be continued keeps no other project from its log. */
  private async extend(chain: number): Promise<boolean> {
    try {
      return await this.chainer.extend(chain, 'skip');
    } catch (error) {
      this.loop.recordFault(error);
      return false;
    }
  }
}
