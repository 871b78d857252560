import type { Step } from '../cell';
import { describeFault, type Fault } from '../fault';
import type { Random } from '../random';
import type { ChaosService, Control } from '../services-file';
import { proxyOf, type Proxied } from '../stage';

export const SECOND = 1_000;

/** Runs a command of the services file. */
export const control = (atMs: number, service: ChaosService, name: Control): Step => ({
  atMs,
  what: `${name} ${service}`,
  run: async (stage) => {
    stage.recorder.breaks(service);
    await stage.controls.run(service, name);
  },
});

export const inject = (atMs: number, service: Proxied, fault: Fault): Step => ({
  atMs,
  what: `on the way to ${service}: ${describeFault(fault)}`,
  run: async (stage) => {
    stage.recorder.breaks(service);
    await proxyOf(stage, service).inject(fault);
  },
});

/** About `ms`, a fifth more or less. */
export const about = (random: Random, ms: number): number => random.between(Math.round(ms * 0.8), Math.round(ms * 1.2));

/** Faults one after another, each for about so long, then none. */
export const inTurn = (
  random: Random,
  service: Proxied,
  ...turns: readonly (readonly [fault: Fault, ms: number])[]
): Step[] => {
  const steps: Step[] = [];
  let at = 0;
  for (const [fault, ms] of turns) {
    steps.push(inject(at, service, fault));
    at += about(random, ms);
  }
  return [...steps, inject(at, service, { kind: 'none' })];
};
