import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { z } from 'zod';
import { Authenticator } from '../../auth/authenticator';
import { remainingMs, setDeadline } from '../../common/deadline';
import { deadlineExceeded, invalid, unauthenticated } from '../../common/errors';
import type { Caller } from '../../common/scope';
import { DEFAULT_DEADLINE_MS } from '../rest/deadline';
import { Reply, type EndpointDefinition } from '../rest/endpoint';
import { endpointsOf } from '../rest/endpoint.decorator';
import { faultsOf } from '../rest/faults';
import type { CallInput } from './field';

type Part = 'params' | 'query' | 'body';

interface Operation {
  readonly definition: EndpointDefinition;
  readonly handler: (input: unknown) => unknown;
}

const PARTS: readonly Part[] = ['params', 'query', 'body'];

/** Runs REST operations without HTTP: the same declaration, the same checks, the same handler. */
@Injectable()
export class OperationCaller implements OnModuleInit {
  private readonly operations = new Map<string, Operation>();

  constructor(
    @Inject(DiscoveryService) private readonly discovery: DiscoveryService,
    @Inject(Authenticator) private readonly authenticator: Authenticator,
  ) {}

  onModuleInit(): void {
    for (const { instance } of this.discovery.getControllers()) {
      const controller = instance as Record<string, (input: unknown) => unknown>;
      for (const { definition, handler } of endpointsOf(controller)) {
        this.operations.set(definition.operationId, { definition, handler: (input) => controller[handler]?.(input) });
      }
    }
  }

  get definitions(): EndpointDefinition[] {
    return [...this.operations.values()].map(({ definition }) => definition);
  }

  /** Gives the answer's body as JSON; `undefined` where there is none. Throws what the operation throws. */
  async call(caller: Caller, signal: AbortSignal, operationId: string, input: CallInput): Promise<unknown> {
    const operation = this.operations.get(operationId);
    if (!operation) throw new Error(`There is no operation "${operationId}".`);
    const { definition, handler } = operation;
    this.admit(caller, definition);
    const parsed = parse(definition, input);
    const { headers = {} } = input;
    const { deadlineMs = DEFAULT_DEADLINE_MS } = definition;
    return await within(deadlineMs, signal, async (inner) =>
      jsonOf(await handler({ ...parsed, headers, caller, signal: inner })),
    );
  }

  /** Throws `unauthenticated` for nobody, `forbidden` for a key that is not enough. */
  admit(caller: Caller, { access }: Pick<EndpointDefinition, 'access'>): void {
    if (access === 'public') return;
    if (caller.scope.projectId === 0) {
      throw unauthenticated('Send an API key: "Authorization: Bearer zdb_…", "X-API-Key" or "api-key".');
    }
    this.authenticator.authorise(caller, access);
  }
}

const parse = (definition: EndpointDefinition, input: CallInput): Record<Part, unknown> => {
  const parsed: Record<Part, unknown> = { params: undefined, query: undefined, body: undefined };
  for (const part of PARTS) {
    const schema = definition[part];
    if (schema === undefined || 'stream' in schema) continue;
    const result = strict(schema).safeParse(part === 'body' ? input.body : (input[part] ?? {}));
    if (!result.success) throw faultIn(result.error);
    parsed[part] = result.data;
  }
  return parsed;
};

/** What is not declared is refused, as over HTTP. */
const strict = (schema: z.ZodType): z.ZodType =>
  schema instanceof z.ZodObject && !schema.def.catchall ? schema.strict() : schema;

/** Arguments have the names that parts of a body have, so their faults have the same paths. */
const faultIn = (error: z.ZodError): Error => {
  const faults = faultsOf(error.issues, 'body');
  const [first] = faults;
  return invalid(`${first?.path ?? ''}: ${first?.message ?? 'is invalid'}`, faults);
};

/** The answer as HTTP would carry it. */
const jsonOf = (answer: unknown): unknown => {
  const body: unknown = answer instanceof Reply ? answer.body : answer;
  if (body === undefined || body === null) return undefined;
  return JSON.parse(Buffer.isBuffer(body) ? body.toString('utf8') : JSON.stringify(body)) as unknown;
};

/** After its signal, the work may still say by itself how it ended, such as by a commit that was under way. */
const GRACE_MS = 150;

/** Runs `work` for at most `timeoutMs` of its own; its signal also aborts with `outer`. */
const within = async <T>(
  timeoutMs: number | null,
  outer: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> => {
  if (timeoutMs === null) return await work(outer);
  const fault = deadlineExceeded(timeoutMs);
  const own = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const overdue = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      own.abort(fault);
      timer = setTimeout(() => reject(fault), GRACE_MS);
    }, timeoutMs);
  });
  const signal = AbortSignal.any([own.signal, outer]);
  setDeadline(signal, remainingMs(outer, timeoutMs));
  try {
    return await Promise.race([work(signal), overdue]);
  } catch (error) {
    // An abort that a library reports in its own words is the deadline's doing.
    if (error instanceof Error && error.name === 'AbortError' && own.signal.aborted) throw fault;
    throw error;
  } finally {
    clearTimeout(timer);
  }
};
