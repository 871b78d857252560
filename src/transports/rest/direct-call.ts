import type { DiscoveryService } from '@nestjs/core';
import { DEFAULT_DEADLINE_MS } from '../../common/deadline';
import { asOperation } from '../../common/named-operation';
import { span } from '../../common/tracing';
import { Reply, type EndpointDefinition } from './endpoint';
import { endpointsOf } from './endpoint.decorator';
import { isWriting } from './outcome';
import { within } from './within';

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

/** Runs it within its own deadline and `outer`'s. Gives the answer's body as JSON; `undefined` where there is none. */
export const callDirectly = async (
  { definition, handler }: DirectOperation,
  outer: AbortSignal,
  input: Record<string, unknown>,
): Promise<unknown> => {
  const { deadlineMs = DEFAULT_DEADLINE_MS, operationId } = definition;
  const options = { timeoutMs: deadlineMs, isWrite: isWriting(definition) };
  const facts = () => ({ attributes: { 'zerodb.operation': operationId } });
  return await span(operationId, facts, () =>
    within(
      options,
      outer,
      asOperation(operationId, async (signal) => jsonOf(await handler({ ...input, signal }))),
    ),
  );
};

/** The answer as HTTP would carry it. */
const jsonOf = (answer: unknown): unknown => {
  const body: unknown = answer instanceof Reply ? answer.body : answer;
  if (body === undefined || body === null) return undefined;
  return JSON.parse(Buffer.isBuffer(body) ? body.toString('utf8') : JSON.stringify(body)) as unknown;
};
