import type { BackgroundLoop } from '../common/background-loop';
import type { BackgroundWork } from '../common/background-work';
import { ZeroDbError } from '../common/errors';
import { isServiceFault, ServiceFault } from '../common/service-fault';
import { boundedCall, type Ending } from './bounded-call';
import type { Judge, ProbeResult } from './judge/judge';
import type { RegistryFigures } from './registry-metrics';
import type { ProbeReport, ServiceDescriptor } from './service';
import type { Random, Time } from './time';

const DEFAULT_INTERVAL_MS = 1_000;
const DEFAULT_TIMEOUT_MS = 500;
/** After a bad probe the next one follows soon: two in a row decide. */
const AFTER_BAD_MS = 250;
/** Good probes count when they are 500 ms apart. */
const AFTER_GOOD_MS = 510;
/** Expensive probes run at most ten times as often while a decision depends on them. */
const SOON_SHARE = 0.1;
/** When only an operator can help; the service returns soon after they did. */
const RARELY_MS = 10_000;
const JITTER = 0.2;
/** Maximum of probes that ignore their signal and keep running; beyond it no new one starts. */
const MAX_STUCK = 3;

/** The latest probe's result. */
export interface LastProbe {
  readonly at: Date;
  readonly ok: boolean;
  readonly latencyMs: number;
  readonly fault: string | undefined;
  readonly report: ProbeReport | undefined;
}

export interface ProbeLoopOptions {
  readonly descriptor: ServiceDescriptor;
  readonly judge: Judge;
  readonly time: Time;
  readonly random: Random;
  readonly background: BackgroundWork;
  readonly metrics: RegistryFigures;
  readonly onProbed: () => void;
}

/** Probes one service until stopped: one probe at a time, each bounded, with jittered pauses. */
export class ProbeLoop {
  last: LastProbe | undefined;
  /** The version that the last good probe reported. */
  version: string | undefined;
  /** Resolves when the first probe has ended, well or badly. */
  readonly first: Promise<void>;
  private hadFirst: () => void = () => undefined;
  private isProbing = false;
  private stuck = 0;
  private readonly loop: BackgroundLoop;

  constructor(private readonly options: ProbeLoopOptions) {
    this.first = new Promise((resolve) => (this.hadFirst = resolve));
    const { background, descriptor, time } = options;
    const { name } = descriptor;
    const piece = {
      name: `probe_${name}`,
      description: `Probes ${name}.`,
      intervalMs: this.intervalMs,
      role: 'any',
    } as const;
    this.loop = background.loop(piece, {
      step: () => this.round(),
      onFault: () => this.pauseMs(),
      after: (ms, act) => time.afterInBackground(ms, act),
    });
  }

  get timeoutMs(): number {
    return this.options.descriptor.probeTimeoutMs ?? DEFAULT_TIMEOUT_MS;
  }

  get intervalMs(): number {
    return this.options.descriptor.probeIntervalMs ?? DEFAULT_INTERVAL_MS;
  }

  /** Resolves after the first probe; keeps probing until it is stopped. */
  start(): Promise<void> {
    this.loop.start();
    return this.first;
  }

  /** Probes now, unless a probe is running; the loop continues from there. */
  probe(): void {
    if (!this.isProbing) this.loop.wake();
  }

  /** Does not wait for a running probe, whose result no longer counts. */
  stop(): void {
    void this.loop.stop();
    this.options.background.remove(this.loop);
  }

  private async round(): Promise<number> {
    this.isProbing = true;
    try {
      const bounds = { timeoutMs: this.timeoutMs, hearing: true };
      const ending = await boundedCall(this.options.time, (signal) => this.send(signal), bounds);
      if (!this.loop.isStopping) this.report(ending);
    } finally {
      this.isProbing = false;
      this.hadFirst();
    }
    return this.pauseMs();
  }

  private async send(signal: AbortSignal): Promise<ProbeReport> {
    const { name, probe } = this.options.descriptor;
    if (this.stuck >= MAX_STUCK) throw new ServiceFault(name, 'timeout', `earlier probes of ${name} still hang`);
    this.stuck += 1;
    try {
      return await probe(signal);
    } finally {
      this.stuck -= 1;
    }
  }

  private report(ending: Ending<ProbeReport>): void {
    const { judge, time, metrics, descriptor, onProbed } = this.options;
    const result = this.resultOf(ending);
    this.last = lastProbe(ending, result);
    if (ending.how === 'answered') this.version = ending.value.version ?? this.version;
    metrics.probe(descriptor.name, result?.kind ?? 'unclear');
    if (result?.kind === 'bad') this.loop.recordFault(result.fault);
    if (result) judge.probed(result, time.now());
    onProbed();
  }

  /** `undefined` when the failure is due to this process or Postgres rather than to the service. */
  private resultOf(ending: Ending<ProbeReport>): ProbeResult | undefined {
    if (ending.how === 'answered') return { kind: 'good', ms: ending.elapsedMs - ending.lagMs };
    if (ending.how === 'failed' && ending.error instanceof ZeroDbError) return undefined;
    if (ending.how === 'failed') return { kind: 'bad', fault: this.faultOf(ending.error) };
    const { name } = this.options.descriptor;
    return { kind: 'bad', fault: new ServiceFault(name, 'timeout', `no answer within ${this.timeoutMs} ms`) };
  }

  /** Shows only the type of errors other than `ServiceFault`: their messages may contain secrets. */
  private faultOf(error: unknown): ServiceFault {
    if (isServiceFault(error)) return error;
    const { name } = this.options.descriptor;
    const kind = error instanceof Error ? error.name : typeof error;
    return new ServiceFault(name, 'bad_answer', `the probe failed unexpectedly (${kind})`, { cause: error });
  }

  private pauseMs(): number {
    const { judge, random } = this.options;
    const jitter = 1 + JITTER * (2 * random() - 1);
    switch (judge.probing) {
      case 'normal':
        return this.intervalMs * jitter;
      case 'rarely':
        return Math.max(this.intervalMs, RARELY_MS) * jitter;
      case 'soon':
        return this.soonMs(this.last?.ok ? AFTER_GOOD_MS * (1 + JITTER * random()) : AFTER_BAD_MS);
    }
  }

  private soonMs(wantedMs: number): number {
    return Math.min(this.intervalMs, Math.max(wantedMs, this.intervalMs * SOON_SHARE));
  }
}

const lastProbe = (ending: Ending<ProbeReport>, result: ProbeResult | undefined): LastProbe => ({
  at: new Date(),
  ok: result?.kind === 'good',
  latencyMs: ending.elapsedMs,
  fault: faultText(ending, result),
  report: ending.how === 'answered' ? ending.value : undefined,
});

const faultText = (ending: Ending<ProbeReport>, result: ProbeResult | undefined): string | undefined => {
  if (result) return result.kind === 'bad' ? result.fault.message : undefined;
  const cause = ending.how === 'failed' && ending.error instanceof ZeroDbError ? `: ${ending.error.message}` : '';
  return `the cause is unknown${cause}`;
};
