import type { Service, ServiceState, ServiceTransition } from '../../services/service';

/** A stretch of time in one state; `from` and `to` are shares of the window. */
export interface Segment {
  readonly state: ServiceState;
  readonly from: number;
  readonly to: number;
}

type Now = Pick<Service, 'name' | 'state' | 'since'>;

/** The states of a service between two moments. What was before the oldest change that is known stays empty. */
export function segmentsOf(
  service: Now,
  transitions: readonly ServiceTransition[],
  beginMs: number,
  endMs: number,
): readonly Segment[] {
  const share = (time: number): number => Math.min(1, Math.max(0, (time - beginMs) / (endMs - beginMs)));
  const segments: Segment[] = [];
  let to = endMs;
  let state = service.state;
  let from = Date.parse(service.since);
  for (const transition of transitions.filter((one) => one.service === service.name)) {
    const at = Date.parse(transition.at);
    if (at < from) {
      segments.push({ state, from: share(from), to: share(to) });
      [to, state, from] = [from, transition.to, at];
    }
    if (to < beginMs) return segments;
  }
  segments.push({ state, from: share(from), to: share(to) });
  return segments.filter((segment) => segment.to > segment.from);
}
