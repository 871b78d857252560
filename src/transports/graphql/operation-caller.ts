import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { z } from 'zod';
import { Admission } from '../../admission/admission';
import { AuditTrail } from '../../audit/audit-trail';
import { Authenticator } from '../../auth/authenticator';
import { invalid } from '../../common/errors';
import type { Caller } from '../../common/scope';
import { callDirectly, operationsOf, type DirectOperation } from '../rest/direct-call';
import type { EndpointDefinition } from '../../api/endpoint';
import { faultsOf } from '../rest/faults';
import { mustBeStorable } from '../rest/parse-json';
import { keyNeeded } from './errors';
import type { CallInput } from '../../api/field';

type Part = 'params' | 'query' | 'body';

const PARTS: readonly Part[] = ['params', 'query', 'body'];

/** Runs REST operations without HTTP: the same declaration, the same checks, the same handler. */
@Injectable()
export class OperationCaller implements OnModuleInit {
  private operations: ReadonlyMap<string, DirectOperation> = new Map();

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly authenticator: Authenticator,
    readonly admission: Admission,
    readonly audit: AuditTrail,
  ) {}

  onModuleInit(): void {
    this.operations = operationsOf(this.discovery);
  }

  get definitions(): EndpointDefinition[] {
    return [...this.operations.values()].map(({ definition }) => definition);
  }

  /** Returns the answer's body as JSON; `undefined` where there is none. Throws what the operation throws. */
  async call(caller: Caller, signal: AbortSignal, operationId: string, input: CallInput): Promise<unknown> {
    const operation = this.operations.get(operationId);
    if (!operation) throw new Error(`There is no operation "${operationId}".`);
    const { definition } = operation;
    this.enter(caller, definition);
    const parsed = parse(definition, input);
    const { headers = {} } = input;
    return await callDirectly(this, operation, signal, { ...parsed, headers, caller });
  }

  private enter(caller: Caller, definition: EndpointDefinition): void {
    try {
      this.admit(caller, definition);
    } catch (error) {
      this.audit.refused(definition, caller, error);
      throw error;
    }
  }

  /** Throws `unauthenticated` for nobody, `forbidden` for a key that is not enough. */
  admit(caller: Caller, { access }: Pick<EndpointDefinition, 'access'>): void {
    if (access === 'public') return;
    if (caller.scope.projectId === 0) throw keyNeeded();
    this.authenticator.authorise(caller, access);
  }
}

const parse = (definition: EndpointDefinition, input: CallInput): Record<Part, unknown> => {
  const parsed: Record<Part, unknown> = { params: undefined, query: undefined, body: undefined };
  for (const part of PARTS) {
    const schema = definition[part];
    if (schema === undefined || 'stream' in schema) continue;
    const value = part === 'body' ? input.body : (input[part] ?? {});
    mustBeStorable(value);
    const result = strict(schema).safeParse(value);
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
