import type { RequestWork } from '../../common/request-work';
import type { EndpointDefinition } from '../../api/endpoint';
import { errorOf } from './problem';

const ALWAYS_WRITES: ReadonlySet<string> = new Set(['PUT', 'PATCH', 'DELETE']);

/** Whether the operation changes anything. A `POST` that a reading key may send is a question with a body. */
export const isWriting = ({ method, access }: Pick<EndpointDefinition, 'method' | 'access'>): boolean =>
  ALWAYS_WRITES.has(method) || (method === 'POST' && access !== 'read' && access !== 'public');

/**
 * What was thrown, saying what became of the write: of refusals for load and of all faults on our side. Faults of the
 * input say it by their status. Nothing is committed for `request` from now on.
 */
export const withOutcomeOf = (thrown: unknown, request: Pick<RequestWork, 'seal'>): unknown => {
  const outcome = request.seal();
  const error = errorOf(thrown);
  return error.status >= 500 || error.status === 429 ? error.withOutcome(outcome) : thrown;
};

/** The same for a write that was refused before anything of it began. */
export const asNotApplied = (thrown: unknown): unknown => withOutcomeOf(thrown, { seal: () => 'not_applied' });
