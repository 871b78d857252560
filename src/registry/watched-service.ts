import type { BackgroundWork } from '../common/background-work';
import { detached } from '../common/tracing';
import { Judge, type Change } from './judge/judge';
import { LIMITS } from './judge/limits';
import { ProbeLoop } from './probe-loop';
import { Recovery } from './recovery';
import type { RegistryFigures } from './registry-metrics';
import type { Lag, ServiceDescriptor } from './service';
import type { Random, Time } from './time';
import { WatchedGate } from './watched-gate';

export interface WatchedServiceOptions {
  readonly descriptor: ServiceDescriptor;
  readonly time: Time;
  readonly random: Random;
  readonly background: BackgroundWork;
  readonly metrics: RegistryFigures;
  readonly onChange: (change: Change) => void;
}

/** One registered service: its judge, the judge's inputs, and the parts that act on its decisions. */
export class WatchedService {
  readonly descriptor: ServiceDescriptor;
  readonly judge: Judge;
  readonly gate: WatchedGate;
  readonly probes: ProbeLoop;
  /** Time of day of the last change of state. */
  since = new Date();
  private readonly recovery: Recovery;

  constructor(private readonly options: WatchedServiceOptions) {
    const { descriptor, time, random, metrics, background } = options;
    const onChange = (change: Change): void => {
      this.since = new Date();
      options.onChange(change);
      // Failed calls call for a probe at once.
      if (change.from === 'up' && change.to === 'suspect') this.probes.probe();
    };
    const { name, recover, maxInFlight } = descriptor;
    this.descriptor = descriptor;
    this.judge = new Judge({ limits: LIMITS, random, recovers: recover !== undefined, onChange }, time.now());
    const common = { judge: this.judge, time, random, metrics };
    this.gate = new WatchedGate({ ...common, name, maxInFlight, onHeard: () => detached(() => this.updateRecovery()) });
    this.probes = new ProbeLoop({ ...common, background, descriptor, onProbed: () => this.probed() });
    this.recovery = new Recovery({ ...common, recover, onRecovered: () => this.probes.probe() });
    metrics.state(name, this.judge.state);
  }

  get lag(): Lag | undefined {
    return this.descriptor.lag?.();
  }

  /** Resolves after the first probe; keeps probing until it is stopped. */
  start(): Promise<void> {
    return this.probes.start();
  }

  drain(reason: string): void {
    this.judge.drain(reason);
    this.updateRecovery();
  }

  restore(reason: string): void {
    this.judge.restore(reason, this.options.time.now());
    this.updateRecovery();
    this.probes.probe();
  }

  stop(): void {
    this.probes.stop();
    this.recovery.stop();
  }

  private probed(): void {
    const { lag } = this;
    if (lag) this.options.metrics.lagging(this.descriptor.name, lag.records);
    this.updateRecovery();
  }

  private updateRecovery(): void {
    this.recovery.update();
  }
}
