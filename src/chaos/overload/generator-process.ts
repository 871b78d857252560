import { fork, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import type { Finding } from '../finding';
import type { PartResult } from './course';
import type { GeneratorSetup, Order, Report } from './protocol';

const MAIN = path.join(__dirname, 'generator-main.js');

/** The harness' end of a generator. One order at a time. */
export class GeneratorProcess {
  private constructor(private readonly child: ChildProcess) {}

  static async start(setup: GeneratorSetup): Promise<GeneratorProcess> {
    const started = new GeneratorProcess(fork(MAIN, [], { serialization: 'advanced' }));
    try {
      await started.ask({ kind: 'set up', setup });
      return started;
    } catch (error) {
      started.end();
      throw error;
    }
  }

  /** Requests at random moments, so many a second on average, whatever becomes of them. */
  async open(name: string, perSecond: number, lengthMs: number): Promise<PartResult> {
    return await this.part({ kind: 'open', name, perSecond, lengthMs });
  }

  /** Clients that wait for their answers. */
  async closed(name: string, clients: number, lengthMs: number): Promise<PartResult> {
    return await this.part({ kind: 'closed', name, clients, lengthMs });
  }

  async check(): Promise<readonly Finding[]> {
    const report = await this.ask({ kind: 'check' });
    return report.kind === 'checked' ? report.findings : [];
  }

  end(): void {
    this.child.kill('SIGKILL');
  }

  private async part(order: Order): Promise<PartResult> {
    const report = await this.ask(order);
    if (report.kind !== 'part') throw new Error(`The generator answered "${report.kind}".`);
    return report.result;
  }

  private async ask(order: Order): Promise<Report> {
    return await new Promise((resolve, reject) => {
      const { child } = this;
      const onExit = (): void => reject(new Error('The generator ended by itself.'));
      child.once('exit', onExit);
      child.once('message', (report: Report) => {
        child.off('exit', onExit);
        if (report.kind === 'failed') reject(new Error(`The generator failed: ${report.message}`));
        else resolve(report);
      });
      child.send(order);
    });
  }
}
