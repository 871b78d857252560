import { Readable } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Admission } from '../../admission/admission';
import { isHeld } from '../../admission/kinds';
import { AuditTrail } from '../../audit/audit-trail';
import { AccessWatch } from '../../auth/access-watch';
import { Authenticator, claimedKeyId } from '../../auth/authenticator';
import { expiresSoon } from '../../auth/keys/key-secrets';
import { namesTag } from '../../common/entity-tag';
import { addressReader, type AddressOf } from '../../common/client-address';
import { DEFAULT_DEADLINE_MS } from '../../common/deadline';
import { invalidAt } from '../../common/errors';
import { asOperation } from '../../common/named-operation';
import type { Caller } from '../../common/scope';
import { limitsConfig, serverConfig, type LimitsSettings, type ServerSettings } from '../../config';
import { requestTimeout, withDeadline } from './deadline';
import { EarlyRefusals } from './early-refusals';
import { Reply, type EndpointDefinition } from '../../api/endpoint';
import { Idempotency, type StoredAnswer } from './idempotency';
import { onceClosed } from './once-closed';
import { asNotApplied, isWriting } from './outcome';
import { bodyReaderOf, parametersOf, type ReadRequestBody } from './read-input';
import { secretsOf } from '../../api/schemas';
import { errorOf, problemOf, problemHeaders } from './problem';
import { UsageMeter } from '../../usage/usage-meter';
import { earlyRefusalKindOf, kindOf } from './request-kind';
import { whileWelcome } from './while-welcome';

export type Handler = (input: unknown) => unknown;

/** Finds out who is asking. Throws where that is nobody who may. */
export type Identify = (request: FastifyRequest) => Promise<Caller>;

type Send = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>;

/** Nobody: the caller of a public endpoint. No row belongs to project 0. */
const nobody = (requestId: string, address: string): Caller => ({
  scope: { projectId: 0, projectName: '' },
  role: 'read',
  isRoot: false,
  keyId: null,
  requestId,
  address,
});

const JSON_TYPE = 'application/json; charset=utf-8';
const USAGE_TAG = 'Usage';

/** What happens around every handler: who asks, what they send, how long it may take, what goes back. */
@Injectable()
export class EndpointRunner {
  private readonly addressOf: AddressOf;

  constructor(
    private readonly authenticator: Authenticator,
    private readonly idempotency: Idempotency,
    private readonly admission: Admission,
    @Inject(limitsConfig.KEY) private readonly limits: LimitsSettings,
    @Inject(serverConfig.KEY) server: ServerSettings,
    private readonly access: AccessWatch,
    private readonly refusals: EarlyRefusals,
    private readonly audit: AuditTrail,
    private readonly usage: UsageMeter,
  ) {
    this.addressOf = addressReader(server.trustedProxies);
  }

  /**
   * The Fastify handler of an endpoint. What can be decided once is decided here. `identify`: for a dialect whose clients send no
   * API key.
   */
  handlerFor(definition: EndpointDefinition, handler: Handler, identify?: Identify): Send {
    const run = asOperation(definition.operationId, this.runnerFor(definition, handler));
    const isStreamed = isStream(definition.body);
    const fallback =
      definition.deadlineMs === undefined ? (isStreamed ? null : DEFAULT_DEADLINE_MS) : definition.deadlineMs;
    const isWrite = isWriting(definition);
    const kind = kindOf(definition);
    const hopeKind = earlyRefusalKindOf(definition);
    return async (request, reply) => {
      const enter = async (): Promise<{ caller: Caller; timeoutMs: number | null }> => {
        const caller = await this.admit(definition, request, reply, identify);
        const timeoutMs = requestTimeout(single(request.headers['request-timeout']), fallback);
        if (caller.scope.projectId !== 0)
          this.admission.mustBeAdmissible(hopeKind, caller.scope, timeoutMs ?? undefined);
        if (isHeld(kind)) onceClosed(reply.raw, this.admission.acquire(kind, caller.scope));
        return { caller, timeoutMs };
      };
      const { caller, timeoutMs } = await enter().catch((error: unknown) => {
        this.tellRefused(definition, request, error);
        throw isWrite ? asNotApplied(error) : error;
      });
      const work = (signal: AbortSignal): Promise<FastifyReply> => run({ request, reply, caller, signal });
      const answer = (): Promise<FastifyReply> =>
        withDeadline(
          { timeoutMs, isWrite, spentMs: reply.elapsedTime, projectId: caller.scope.projectId },
          reply.raw,
          work,
        );
      const isLong = timeoutMs === null || timeoutMs > DEFAULT_DEADLINE_MS;
      return isLong && caller.scope.projectId !== 0 ? whileWelcome(this.access, caller, reply.raw, answer) : answer();
    };
  }

  /** Charges `count` more requests, for one that asks for several things. Throws `rate_limited`. */
  charge(caller: Caller, count: number): void {
    if (count > 0) this.admission.charge(caller, count);
  }

  private async admit(
    definition: EndpointDefinition,
    request: FastifyRequest,
    reply: FastifyReply,
    identify: Identify = async () => await this.authenticate(request),
  ): Promise<Caller> {
    if (definition.access === 'public' || (definition.guests && !showsKey(request))) return this.nobodyIn(request);
    const entered = this.refusals.enteredBy(request.raw);
    const caller = entered
      ? { ...entered.caller, requestId: request.id, address: this.addressOf(request.raw) }
      : await identify(request);
    request.caller = caller;
    void reply.headers(entered?.headers ?? this.admission.charge(caller));
    void reply.headers(expiryWarning(caller));
    this.authenticator.authorise(caller, definition.access);
    // Usage and quotas are still to be seen, and put right, by those who have used theirs up.
    if (definition.tag === USAGE_TAG || caller.isRoot) this.usage.count(caller.scope.projectId, 'requests');
    else this.usage.charge(caller.scope.projectId, 'requests');
    return caller;
  }

  private nobodyIn({ id, raw }: FastifyRequest): Caller {
    return nobody(id, this.addressOf(raw));
  }

  private tellRefused(definition: EndpointDefinition, request: FastifyRequest, error: unknown): void {
    const { caller, headers } = request;
    this.audit.refused(definition, caller ?? this.nobodyIn(request), error, caller ? undefined : claimedKeyId(headers));
  }

  private async authenticate({ headers, id, raw }: FastifyRequest): Promise<Caller> {
    return await this.authenticator.authenticate(headers, id, this.addressOf(raw));
  }

  private runnerFor(definition: EndpointDefinition, handler: Handler): (exchange: Exchange) => Promise<FastifyReply> {
    const readParameters = parametersOf(definition);
    const readBody = bodyReaderOf(definition, this.limits.bodyBytes);
    const success = firstSuccess(definition);
    const { idempotent = !isSafe(definition.method) && !isStream(definition.body) } = definition;
    const kind = kindOf(definition);
    return async (exchange) => {
      const { request, caller, signal } = exchange;
      const key = idempotencyKeyOf(idempotent, exchange);
      const parameters = readParameters(request);
      const body = await readBody(request);
      const call = async (): Promise<unknown> => {
        const input = { ...parameters, body: body.parse(), headers: request.headers, caller, signal, raw: request };
        return await this.audit.run(definition, caller, parameters.params, errorOf, async () => handler(input));
      };
      const answer = async (): Promise<FastifyReply> => {
        if (key === undefined) return send(exchange, await call(), success, definition);
        const work = async (): Promise<StoredAnswer> => storable(await call(), success, definition.responses);
        return this.sendOnce(exchange, routeOf(definition, request), key, body, work);
      };
      // Only after the body has arrived: a slow client must not hold a slot.
      return this.admission.run(kind, definition.operationId, caller.scope, signal, answer);
    };
  }

  private async sendOnce(
    { request, reply, caller }: Exchange,
    route: string,
    key: string,
    body: ReadRequestBody,
    work: () => Promise<StoredAnswer>,
  ): Promise<FastifyReply> {
    const settled = async (): Promise<StoredAnswer> =>
      work().catch((error: unknown) => storableError(error, request.id));
    const { answer, replayed } = await this.idempotency.once(caller, route, key, body.bytes, settled);
    void reply.code(answer.status).headers(answer.headers);
    if (replayed) void reply.header('idempotency-replayed', 'true');
    return reply.send(answer.body ?? undefined);
  }
}

interface Exchange {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly caller: Caller;
  readonly signal: AbortSignal;
}

/** Tokens always end soon; a key that does is worth a word in time. */
const expiryWarning = ({ keyExpiresAt, token }: Caller): Record<string, string> =>
  !token && keyExpiresAt && expiresSoon(keyExpiresAt) ? { 'zerodb-key-expires': keyExpiresAt.toISOString() } : {};

const KEY_HEADERS = ['authorization', 'x-api-key', 'api-key', 'x-chroma-token'];

const showsKey = ({ headers }: FastifyRequest): boolean => KEY_HEADERS.some((name) => headers[name] !== undefined);

const isSafe = (method: string): boolean => method === 'GET' || method === 'HEAD';

const isStream = (body: EndpointDefinition['body']): boolean => body !== undefined && 'stream' in body;

/** The path with its values: the same key may be used for two records. */
const routeOf = (definition: EndpointDefinition, request: FastifyRequest): string =>
  `${definition.method} ${request.url}`;

const firstSuccess = (definition: EndpointDefinition): number =>
  Number(Object.keys(definition.responses).find((status) => status.startsWith('2')) ?? 200);

/** Guests have no project to keep an answer in: what a signed URL or a ticket allows may be repeated without harm. */
const idempotencyKeyOf = (
  idempotent: EndpointDefinition['idempotent'],
  { request, caller }: Exchange,
): string | undefined => {
  const key = single(request.headers['idempotency-key']);
  if (key === undefined || caller.scope.projectId === 0) return undefined;
  if (idempotent === 'refused') {
    throw invalidAt('header:idempotency-key', 'is not supported here; use it with the REST operation');
  }
  return idempotent ? key : undefined;
};

const storable = (value: unknown, success: number, responses: EndpointDefinition['responses']): StoredAnswer => {
  const answer = value instanceof Reply ? value : new Reply(success, value);
  const body = answer.body === undefined || answer.body === null ? null : JSON.stringify(answer.body);
  const secrets = secretsOf(responses[answer.status]);
  return {
    status: answer.status,
    body,
    ...(body === null || secrets.length === 0 ? {} : { keptBody: without(secrets, body) }),
    headers: body === null ? answer.headers : { 'content-type': JSON_TYPE, ...answer.headers },
  };
};

const without = (names: readonly string[], body: string): string =>
  JSON.stringify(
    Object.fromEntries(
      Object.entries(JSON.parse(body) as Record<string, unknown>).filter(([name]) => !names.includes(name)),
    ),
  );

/**
 * Faults of the request are answers too, and replayed; anything else is thrown on. So is what depends on who asks:
 * another caller may do what this one may not.
 */
const storableError = (cause: unknown, requestId: string): StoredAnswer => {
  const error = errorOf(cause);
  if (error.status >= 500 || error.status === 401 || error.status === 403 || error.retryable) throw cause;
  return { status: error.status, headers: problemHeaders(error), body: JSON.stringify(problemOf(error, requestId)) };
};

const send = (
  { request, reply }: Exchange,
  value: unknown,
  success: number,
  { responses }: EndpointDefinition,
): FastifyReply => {
  const answer = value instanceof Reply ? value : new Reply(success, value);
  void reply.code(answer.status).headers(answer.headers);
  if (isKnown(request, answer)) return reply.code(304).send();
  if (answer.body === undefined || answer.body === null) return reply.send();
  const declared = responses[answer.status];
  if (typeof declared === 'string' && !reply.hasHeader('content-type')) void reply.header('content-type', declared);
  if (answer.body instanceof Readable || Buffer.isBuffer(answer.body)) return reply.send(answer.body);
  if (!reply.hasHeader('content-type')) void reply.header('content-type', JSON_TYPE);
  return reply.send(typeof answer.body === 'string' && !isJson(reply) ? answer.body : JSON.stringify(answer.body));
};

/** Whether the client has this very answer already. A stream is opened only after its door has asked the same. */
const isKnown = ({ method, headers }: FastifyRequest, { status, body, headers: { etag } }: Reply): boolean => {
  const known = headers['if-none-match'];
  if (!isSafe(method) || status !== 200 || etag === undefined || known === undefined) return false;
  return !(body instanceof Readable) && namesTag(known, etag);
};

const isJson = (reply: FastifyReply): boolean => String(reply.getHeader('content-type')).includes('json');

const single = (value: string | string[] | undefined): string | undefined => (Array.isArray(value) ? value[0] : value);
