import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { z } from 'zod';
import { Admission } from '../../admission/admission';
import { AuditTrail } from '../../audit/audit-trail';
import { Authenticator } from '../../auth/authenticator';
import { invalid, invalidAt } from '../../common/errors';
import type { Caller } from '../../common/scope';
import { callDirectly, operationsOf, type DirectOperation } from '../rest/direct-call';
import type { EndpointDefinition } from '../../api/endpoint';
import { faultsOf } from '../rest/faults';
import { mustBeStorable } from '../rest/parse-json';
import { parseTolerantly } from './tolerance';
import type { OperationInput } from '../../api/tool';

type Part = 'params' | 'query' | 'body';

/** Where an operation's input comes from, in the order in which faults are reported. */
const PARTS: readonly Part[] = ['params', 'query', 'body'];

/** The REST operations, called without HTTP: the same declaration, the same checks, the same handler. */
@Injectable()
export class Operations implements OnModuleInit {
  private known: ReadonlyMap<string, DirectOperation> = new Map();

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly authenticator: Authenticator,
    readonly admission: Admission,
    readonly audit: AuditTrail,
  ) {}

  onModuleInit(): void {
    const all = [...operationsOf(this.discovery)];
    this.known = new Map(all.filter(([, { definition }]) => isCallable(definition)));
  }

  /** Those the caller's key is enough for, by tag and name. */
  list(caller: Caller): EndpointDefinition[] {
    const allowed = [...this.known.values()].filter(({ definition }) => this.mayCall(caller, definition));
    return allowed
      .map(({ definition }) => definition)
      .sort((a, b) => (`${a.tag} ${a.operationId}` < `${b.tag} ${b.operationId}` ? -1 : 1));
  }

  /** Throws `invalid` at `/operation` for a name that the caller can't call or that nobody knows. */
  find(caller: Caller, operationId: string): EndpointDefinition {
    return this.mustFind(caller, operationId).definition;
  }

  /** Returns the body of the answer as JSON. Faults are reported with JSON Pointers below `pointer`. */
  async call(
    caller: Caller,
    signal: AbortSignal,
    operationId: string,
    input: OperationInput,
    pointer?: string,
  ): Promise<unknown> {
    const operation = this.mustFind(caller, operationId);
    const parsed = parse(operation.definition, input, pointer);
    return await callDirectly(this, operation, signal, { ...parsed, headers: {}, caller });
  }

  private mustFind(caller: Caller, operationId: string): DirectOperation {
    const operation = this.known.get(operationId);
    if (operation && this.mayCall(caller, operation.definition)) return operation;
    if (operation) this.refuse(caller, operation.definition);
    throw invalidAt('/operation', `is not an operation: ${operationId.slice(0, 100)}`);
  }

  private refuse(caller: Caller, definition: EndpointDefinition): void {
    try {
      this.authenticator.authorise(caller, accessOf(definition));
    } catch (error) {
      this.audit.refused(definition, caller, error);
      throw error;
    }
  }

  private mayCall(caller: Caller, definition: EndpointDefinition): boolean {
    return this.authenticator.allows(caller, accessOf(definition));
  }
}

const accessOf = ({ access }: EndpointDefinition): Exclude<EndpointDefinition['access'], 'public'> =>
  access === 'public' ? 'read' : access;

/** JSON in, JSON out: streams, pages and metrics have separate endpoints. */
export const isCallable = ({ body, responses, method, path }: EndpointDefinition): boolean => {
  if (body !== undefined && 'stream' in body) return false;
  if (method === 'HEAD' || !path.startsWith('/v1/')) return false;
  const success = Object.entries(responses).filter(([status]) => status.startsWith('2'));
  return success.every(([, schema]) => typeof schema !== 'string');
};

const parse = (definition: EndpointDefinition, input: OperationInput, pointer = ''): Record<Part, unknown> => {
  const parsed: Record<Part, unknown> = { params: undefined, query: undefined, body: undefined };
  for (const part of PARTS) {
    const schema = schemaOf(definition, part);
    const value = input[part] ?? (part === 'body' ? undefined : {});
    const at = pointer === '' ? '' : `${pointer}/${part}`;
    mustBeStorable(value, at);
    const result = parseTolerantly(schema, part === 'query' ? textual(value) : value);
    if (!result.success) throw faultIn(result.error, at);
    mustBeStorable(result.data, at);
    parsed[part] = result.data;
  }
  return parsed;
};

/** The schema of a part; what is not declared is refused, as over HTTP. */
export const schemaOf = (definition: EndpointDefinition, part: Part): z.ZodType => {
  const schema = definition[part];
  if (schema === undefined) return part === 'body' ? ABSENT : EMPTY;
  if ('stream' in schema) return ABSENT;
  return schema instanceof z.ZodObject && !schema.def.catchall ? schema.strict() : schema;
};

const ABSENT = z.undefined({ error: 'must be absent' });
const EMPTY = z.strictObject({});

/** Query strings hold text: models send the numbers and flags that the schema shows them. */
const textual = (value: unknown): unknown =>
  typeof value !== 'object' || value === null
    ? value
    : Object.fromEntries(
        Object.entries(value).map(([name, one]) => [
          name,
          typeof one === 'number' || typeof one === 'boolean' ? String(one) : one,
        ]),
      );

const faultIn = (error: z.ZodError, pointer: string): Error => {
  const faults = faultsOf(error.issues, 'body').map(({ path, message }) => ({ path: `${pointer}${path}`, message }));
  return invalid(`${faults[0]?.path ?? pointer}: ${faults[0]?.message ?? 'is invalid'}`, faults);
};
