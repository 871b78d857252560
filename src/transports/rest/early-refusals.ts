import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { Injectable } from '@nestjs/common';
import findMyWay, { type HTTPMethod } from 'find-my-way';
import { Admission } from '../../admission/admission';
import { isGated, type GatedKind } from '../../admission/kinds';
import type { EndpointDefinition } from '../../api/endpoint';
import { Authenticator } from '../../auth/authenticator';
import { DEFAULT_DEADLINE_MS } from '../../common/deadline';
import type { Access, Caller } from '../../common/scope';
import { Metrics } from '../../telemetry/metrics';
import { requestTimeout } from './deadline';
import { asNotApplied, isWriting } from './outcome';
import { errorOf, problemHeaders, problemOf, serverTiming } from './problem';
import { MAX_PARAM_LENGTH, requestIdOf } from './request-identity';
import { earlyRefusalKindOf } from './request-kind';
import { SECURITY_HEADERS } from './security-headers';
import { settleUnread } from './unread-body';

interface Refusable {
  readonly route: string;
  readonly method: string;
  readonly kind: GatedKind;
  readonly access: Access;
  readonly deadlineMs: number;
  readonly isWrite: boolean;
}

/** What was found out about a request that is let through, so that it is not found out, and charged, twice. */
export interface Entered {
  readonly caller: Caller;
  /** Of the answer. */
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Refuses what has no hope before the framework makes anything for it: in a flood nearly all that is done is refusing, and
 * this takes little more than half the time. Idle until the process has refused something in the last second. Whom it does not know, or
 * has doubts about, the endpoint sees to.
 */
@Injectable()
export class EarlyRefusals {
  private readonly routes = findMyWay({ maxParamLength: MAX_PARAM_LENGTH });
  private readonly entered = new WeakMap<IncomingMessage, Entered>();

  constructor(
    private readonly authenticator: Authenticator,
    private readonly admission: Admission,
    private readonly metrics: Metrics,
  ) {}

  /** Requests to this endpoint may be refused for load. `url` is its path in the router's notation. */
  add(definition: EndpointDefinition, url: string): void {
    const kind = earlyRefusalKindOf(definition);
    const { access, method, deadlineMs = DEFAULT_DEADLINE_MS } = definition;
    if (!isGated(kind) || access === 'public' || deadlineMs === null) return;
    const refusable: Refusable = { route: url, method, kind, access, deadlineMs, isWrite: isWriting(definition) };
    this.routes.on(method, url, () => undefined, refusable);
  }

  /** Goes before the server's own listener. Takes no part while `isOff`. */
  guard(server: Server, isOff: () => boolean): void {
    const [answer] = server.listeners('request') as ((request: IncomingMessage, response: ServerResponse) => void)[];
    if (!answer) throw new Error('The server has no listener to go before.');
    server.removeListener('request', answer);
    server.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
      if (!this.admission.isRefusing || isOff() || !this.refuse(request, response)) answer(request, response);
    });
  }

  /** What this found out about a request that it let through. */
  enteredBy(request: IncomingMessage): Entered | undefined {
    return this.entered.get(request);
  }

  private refuse(request: IncomingMessage, response: ServerResponse): boolean {
    const startedAt = performance.now();
    const refusable = this.find(request);
    const caller = refusable && this.authenticator.cachedCaller(request.headers, requestIdOf(request));
    if (!caller || !this.authenticator.allows(caller, refusable.access)) return false;
    const refusal = this.refusalOf(request, caller, refusable);
    if (!refusal) return false;
    answerWith(request, response, refusable.isWrite ? asNotApplied(refusal.error) : refusal.error, {
      ...refusal.headers,
      ...serverTiming(performance.now() - startedAt),
      'x-request-id': caller.requestId,
    });
    const { route, method } = refusable;
    this.metrics.observeRequest(route, method, response.statusCode, performance.now() - startedAt);
    return true;
  }

  private find({ method = '', url = '' }: IncomingMessage): Refusable | undefined {
    const end = url.indexOf('?');
    const found = this.routes.find(method as HTTPMethod, end < 0 ? url : url.slice(0, end));
    return (found?.store as Refusable | undefined) ?? undefined;
  }

  private refusalOf(
    request: IncomingMessage,
    caller: Caller,
    { kind, deadlineMs }: Refusable,
  ): { readonly error: unknown; readonly headers: Readonly<Record<string, string>> } | undefined {
    const leftMs = timeLeft(request, deadlineMs);
    if (leftMs === undefined) return undefined;
    try {
      const headers = this.admission.charge(caller);
      if (this.admission.wouldRefuse(kind, caller.scope, leftMs)) {
        return { error: this.admission.refusalOf(kind, caller.scope), headers };
      }
      this.entered.set(request, { caller, headers });
      return undefined;
    } catch (error) {
      return { error, headers: {} };
    }
  }
}

/** `undefined` when the client says it in a way that it has to be told about. */
const timeLeft = ({ headers }: IncomingMessage, deadlineMs: number): number | undefined => {
  try {
    return requestTimeout(headers['request-timeout'] as string | undefined, deadlineMs) ?? undefined;
  } catch {
    return undefined;
  }
};

const answerWith = (
  request: IncomingMessage,
  response: ServerResponse,
  thrown: unknown,
  headers: Readonly<Record<string, string>>,
): void => {
  const error = errorOf(thrown);
  const body = JSON.stringify(problemOf(error, headers['x-request-id'] ?? ''));
  settleUnread(request, (name, value) => response.setHeader(name, value));
  response
    .writeHead(error.status, {
      ...SECURITY_HEADERS,
      ...headers,
      ...problemHeaders(error),
      'cache-control': 'no-store',
      'content-length': Buffer.byteLength(body),
    })
    .end(body);
};
