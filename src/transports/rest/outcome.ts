import type { RequestWork } from '../../common/request-work';
import type { EndpointDefinition } from '../../api/endpoint';
import { errorOf } from './problem';

const ALWAYS_WRITES: ReadonlySet<string> = new Set(['PUT', 'PATCH', 'DELETE']);

/** Whether the operation changes anything. A `POST` that a reading key may send is a question with a body. */
export const isWriting = ({ method, access }: Pick<EndpointDefinition, 'method' | 'access'>): boolean =>
  ALWAYS_WRITES.has(method) || (method === 'POST' && access !== 'read' && access !== 'audit' && access !== 'public');

/**
 * Adds the outcome of the write to the error: for refusals because of load and for all faults on our side. For faults
 * of the input the status implies it. Nothing more is committed for `request`.
 */
export const withOutcomeOf = (thrown: unknown, request: Pick<RequestWork, 'seal'>): unknown => {
  const outcome = request.seal();
  const error = errorOf(thrown);
  return error.status >= 500 || error.status === 429 ? error.withOutcome(outcome) : thrown;
};

/** The same for a write that was refused before anything of it began. */
export const asNotApplied = (thrown: unknown): unknown => withOutcomeOf(thrown, { seal: () => 'not_applied' });
