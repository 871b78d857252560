/** The judge's thresholds. `docs/registry.md` explains each number. */
export interface JudgeLimits {
  /** Faults in a row that take a direction out, once nothing has succeeded for `silenceMs`. */
  readonly consecutiveFaults: number;
  readonly silenceMs: number;
  /** Minimum calls in the window for shares to count, and the shares of faults and of slow calls that take it out. */
  readonly minCalls: number;
  /** The same for the last one or two seconds alone. */
  readonly minBurst: number;
  readonly faultShare: number;
  readonly slowShare: number;
  /** The same for a service that has just come back. */
  readonly trial: { readonly consecutiveFaults: number; readonly minCalls: number };
  /** Good calls in ten after which a service that came back is treated like the others. */
  readonly trialCalls: number;
  readonly trialShare: number;
  /** A trial without enough calls ends after this long. */
  readonly trialMs: number;
  /** Bad probes in a row that take a service out. */
  readonly badProbes: number;
  /** The same during recovery: nothing reads from it, and catching up may slow it down. */
  readonly badProbesRecovering: number;
  /** Good probes in a row that bring it back, at least this far apart. */
  readonly goodProbes: number;
  readonly probeGapMs: number;
  /** How long probes must stay good, doubled by each recent trip up to the maximum. */
  readonly steadyMs: number;
  readonly maxSteadyMs: number;
  /** How long a service stays out at least, doubled by each recent trip up to the maximum, with equal jitter. */
  readonly openMs: number;
  readonly maxOpenMs: number;
  /** Time in use after which one trip is forgotten. */
  readonly forgiveMs: number;
  /** A service stays `suspect` at least this long, and until the shares of failed and slow calls are below these. */
  readonly suspectMs: number;
  readonly cleanShare: number;
  readonly cleanSlowShare: number;
  /** Faults in the window, and their share, that make a service `suspect`. */
  readonly suspectFaults: number;
  readonly suspectShare: number;
  /** Longest pause that a service may ask for by `Retry-After`. */
  readonly maxPauseMs: number;
}

export const LIMITS: JudgeLimits = {
  consecutiveFaults: 5,
  silenceMs: 100,
  minCalls: 10,
  minBurst: 20,
  faultShare: 0.5,
  slowShare: 0.8,
  trial: { consecutiveFaults: 3, minCalls: 5 },
  trialCalls: 10,
  trialShare: 0.9,
  trialMs: 5_000,
  badProbes: 2,
  badProbesRecovering: 4,
  goodProbes: 3,
  probeGapMs: 500,
  steadyMs: 2_000,
  maxSteadyMs: 16_000,
  openMs: 1_000,
  maxOpenMs: 20_000,
  forgiveMs: 30_000,
  suspectMs: 5_000,
  cleanShare: 0.01,
  cleanSlowShare: 0.2,
  suspectFaults: 3,
  suspectShare: 0.05,
  maxPauseMs: 30_000,
};

/** Calls with a shorter timeout than this are no evidence about the service. */
export const IMPATIENT_MS = 200;
