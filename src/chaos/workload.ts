import type { Cell } from './cell';
import type { Finding } from './finding';
import type { Stage } from './stage';
import type { ChaosService } from './services-file';

export interface RunningWorkload {
  /** Stops sending; resolves when every request has been answered. */
  stop(): Promise<void>;
  /** Compares the final state with the answers that the workload received. */
  check(): Promise<readonly Finding[]>;
}

/** Something that users do, with a model of what they were told. One file each in `workloads/`. */
export interface Workload {
  readonly name: string;
  /** Services without which it makes no sense. */
  readonly needs: readonly ChaosService[];
  start(stage: Stage, cell: Cell): Promise<RunningWorkload>;
}
