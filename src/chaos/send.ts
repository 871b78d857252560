import { NoAnswer, type Answer, type Call } from './client';
import type { LoadStage, Target } from './stage';

interface Timed {
  readonly from: number;
  readonly to: number;
  readonly replica: string;
}

export type Sent =
  | (Timed & { readonly kind: 'answer'; readonly answer: Answer })
  | (Timed & { readonly kind: 'failed'; readonly nothingChanged: boolean });

export interface About {
  readonly operation: string;
  readonly key?: string;
  readonly sequence?: number;
  /** Statuses that are answers of this operation, besides 2xx. */
  readonly accept?: readonly number[];
  /** Another replica than this one, where there is one. */
  readonly notFrom?: string;
}

/**
 * Sends one request to a replica, as a client behind a load balancer would: one that refuses the connection was not asked
 * at all, so another one is. What comes back, or does not, is recorded.
 */
export const send = async (
  stage: Pick<LoadStage, 'recorder' | 'deadlineMs' | 'replicas'>,
  about: About,
  call: Omit<Call, 'deadlineMs'>,
): Promise<Sent> => {
  const { recorder, deadlineMs } = stage;
  const begun = recorder.phase;
  const due = recorder.takeDue();
  const from = recorder.now();
  const requestId = recorder.nextRequestId();
  const asked = inOrder(stage, about.notFrom);
  let replica: Target | undefined;
  let answer: Answer | undefined;
  let fault: NoAnswer | undefined;
  for (replica of asked) {
    fault = undefined;
    try {
      answer = await replica.client.call({
        ...call,
        deadlineMs,
        headers: { ...call.headers, 'x-request-id': requestId },
      });
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error;
      fault = error;
    }
    if (fault?.kind !== 'refused') break;
  }
  const to = recorder.now();
  const phase = recorder.phaseSince(begun);
  const timed = { from, to, replica: replica?.name ?? 'none' };
  const failure = answer ? failureOf(answer, about.accept ?? []) : { kind: fault?.kind ?? 'refused', honest: false };
  recorder.observe({
    at: Math.round(from),
    ms: Math.round((to - from) * 10) / 10,
    phase,
    operation: about.operation,
    replica: timed.replica,
    key: about.key,
    sequence: about.sequence,
    outcome: failure?.kind ?? 'ok',
    requestId,
    due,
    isRefusal: answer ? isRefusal(answer) : undefined,
    applied: answer?.body['outcome'] as string | undefined,
    servedBy: answer?.body['served_by'] as string | undefined,
    degraded: answer?.body['degraded'] as boolean | undefined,
    serverMs: answer?.serverMs,
  });
  if (answer && !failure) return { ...timed, kind: 'answer', answer };
  const detail = answer?.raw.slice(0, 300) ?? (fault?.cause instanceof Error ? fault.cause.message : '');
  const { operation } = about;
  const kind = failure?.kind ?? 'refused';
  recorder.fail({
    at: from,
    phase,
    operation,
    kind,
    ms: to - from,
    isHonest: failure?.honest ?? false,
    replica: timed.replica,
    broken: recorder.broken,
    detail,
  });
  return { ...timed, kind: 'failed', nothingChanged: changedNothing(answer, fault) };
};

/** Those that a load balancer knows to be there first, in random order. */
const inOrder = (stage: Pick<LoadStage, 'replicas'>, notFrom: string | undefined): Target[] => {
  const there = stage.replicas.filter(({ inRotation }) => inRotation);
  const candidates = there.length > 0 ? [...there] : [...stage.replicas];
  // Not of the seeded stream: whichever answers first would change what is drawn next.
  candidates.sort(() => Math.random() - 0.5);
  return candidates.sort((a, b) => Number(a.name === notFrom) - Number(b.name === notFrom));
};

const failureOf = (
  { status, body, retryAfter }: Answer,
  accept: readonly number[],
): { kind: string; honest: boolean } | undefined => {
  if ((status >= 200 && status < 300) || accept.includes(status)) return undefined;
  const code = typeof body['code'] === 'string' ? ` ${body['code']}` : '';
  return { kind: `${status}${code}`, honest: status === 503 && retryAfter !== undefined };
};

/** Turned away before anything was done, with a time to come back. One that ran out of time had been let in. */
const isRefusal = ({ status, body, retryAfter }: Answer): boolean =>
  (status === 429 || status === 503) && retryAfter !== undefined && body['code'] !== 'deadline_exceeded';

/** Whether the product itself said that nothing happened, or was never asked. */
export const changedNothing = (answer: Answer | undefined, fault: NoAnswer | undefined): boolean => {
  if (!answer) return fault?.kind === 'refused';
  return answer.status < 500 || answer.body['outcome'] === 'not_applied';
};
