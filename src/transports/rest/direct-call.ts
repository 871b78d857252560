import type { DiscoveryService } from '@nestjs/core';
import type { Admission } from '../../admission/admission';
import type { AuditTrail } from '../../audit/audit-trail';
import { DEFAULT_DEADLINE_MS } from '../../common/deadline';
import { asOperation } from '../../common/named-operation';
import type { Caller } from '../../common/scope';
import { span } from '../../common/tracing';
import { Reply, type EndpointDefinition } from '../../api/endpoint';
import { endpointsOf } from '../../api/endpoint.decorator';
import { isWriting } from './outcome';
import { errorOf } from './problem';
import { kindOf } from './request-kind';
import { withDeadline } from './with-deadline';

/** An operation of the REST API that other doors call without HTTP. */
export interface DirectOperation {
  readonly definition: EndpointDefinition;
  readonly handler: (input: unknown) => unknown;
}

/** Every declared operation with its handler bound, by operation id. */
export const operationsOf = (discovery: DiscoveryService): Map<string, DirectOperation> => {
  const operations = new Map<string, DirectOperation>();
  for (const { instance } of discovery.getControllers()) {
    const controller = instance as Record<string, (input: unknown) => unknown>;
    for (const { definition, handler } of endpointsOf(controller)) {
      operations.set(definition.operationId, { definition, handler: (input) => controller[handler]?.(input) });
    }
  }
  return operations;
};

/** What every operation passes. */
export interface Gates {
  readonly admission: Admission;
  readonly audit: AuditTrail;
}

/** Runs it through the same gates as over HTTP, within its own deadline and `outer`'s. Returns the answer's body as JSON; `undefined` where there is none. */
export const callDirectly = async (
  { admission, audit }: Gates,
  { definition, handler }: DirectOperation,
  outer: AbortSignal,
  input: Record<string, unknown> & { readonly caller: Caller; readonly params?: unknown },
): Promise<unknown> => {
  const { deadlineMs = DEFAULT_DEADLINE_MS, operationId } = definition;
  const options = { timeoutMs: deadlineMs, isWrite: isWriting(definition) };
  const facts = () => ({ attributes: { 'zerodb.operation': operationId } });
  return await span(operationId, facts, () =>
    withDeadline(
      options,
      outer,
      asOperation(operationId, (signal: AbortSignal) =>
        admission.run(kindOf(definition), operationId, input.caller.scope, signal, async () =>
          jsonOf(
            await audit.run(definition, input.caller, input.params, errorOf, async () => handler({ ...input, signal })),
          ),
        ),
      ),
    ),
  );
};

/** The answer as HTTP would carry it. */
const jsonOf = (answer: unknown): unknown => {
  const body: unknown = answer instanceof Reply ? answer.body : answer;
  if (body === undefined || body === null) return undefined;
  return JSON.parse(Buffer.isBuffer(body) ? body.toString('utf8') : JSON.stringify(body)) as unknown;
};
