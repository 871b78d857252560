import {
  applyDecorators,
  Catch,
  Controller,
  createParamDecorator,
  Get,
  HttpCode,
  Injectable,
  Module,
  Post,
  SetMetadata,
  type ArgumentsHost,
  type CallHandler,
  type CanActivate,
  type DynamicModule,
  type ExceptionFilter,
  type ExecutionContext,
  type NestInterceptor,
  type PipeTransform,
} from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR, Reflector } from '@nestjs/core';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import type { z } from 'zod';
import { from, lastValueFrom, type Observable } from 'rxjs';
import { Admission } from '../../src/admission/admission';
import { Reply, type EndpointDefinition, type EndpointInput } from '../../src/api/endpoint';
import { Authenticator } from '../../src/auth/authenticator';
import { addressReader } from '../../src/common/client-address';
import { DEFAULT_DEADLINE_MS } from '../../src/common/deadline';
import { invalid, malformed } from '../../src/common/errors';
import { asOperation } from '../../src/common/named-operation';
import { requestTimeout, withDeadline } from '../../src/transports/rest/deadline';
import { faultsOf } from '../../src/transports/rest/faults';
import { sendProblem, type RestAdapter } from '../../src/transports/rest/http-adapter';
import { Idempotency } from '../../src/transports/rest/idempotency';
import { asNotApplied, isWriting } from '../../src/transports/rest/outcome';
import { parseStorableJson } from '../../src/transports/rest/parse-json';
import { readBody } from '../../src/transports/rest/read-body';
import { parametersOf } from '../../src/transports/rest/read-input';
import { kindOf } from '../../src/transports/rest/request-kind';
import { LOOK, look, SUM, sum } from './shape-operations';

declare module 'fastify' {
  interface FastifyRequest {
    timeoutMs: number | null;
    deadline: AbortSignal | null;
  }
}

const MAX_BODY_BYTES = 1024 * 1024;
const OPERATION = 'operation';

/** `@Get` or `@Post` with the declaration, as one decorator. */
const Operation = (definition: EndpointDefinition): MethodDecorator => {
  const path = definition.path.replace(/\{(\w+)\}/g, ':$1');
  const route = definition.method === 'GET' ? Get(path) : Post(path);
  return applyDecorators(route, HttpCode(200), SetMetadata(OPERATION, definition));
};

/** Validation: what a declaration says of the parameters and of the body. Fastify's parser has read its bytes. */
class InputPipe implements PipeTransform<FastifyRequest> {
  private readonly readParameters;

  constructor(private readonly definition: EndpointDefinition) {
    this.readParameters = parametersOf(definition);
  }

  transform(request: FastifyRequest): unknown {
    const parameters = this.readParameters(request);
    const { headers, caller, deadline: signal, raw } = request;
    return { ...parameters, body: this.bodyOf(request), headers, caller, signal, raw };
  }

  private bodyOf({ body }: FastifyRequest): unknown {
    if (this.definition.body === undefined) return undefined;
    if (!Buffer.isBuffer(body)) throw malformed('A JSON body is needed.');
    const parsed = (this.definition.body as z.ZodType).safeParse(parseStorableJson(body));
    if (parsed.success) return parsed.data;
    const faults = faultsOf(parsed.error.issues, 'body');
    throw invalid(`${faults[0]?.path ?? ''}: ${faults[0]?.message ?? ''}`, faults);
  }
}

const requestOf = createParamDecorator((_data: unknown, context: ExecutionContext) =>
  context.switchToHttp().getRequest<FastifyRequest>(),
);
const Given = (definition: EndpointDefinition): ParameterDecorator => requestOf(new InputPipe(definition));

@Controller()
class NestShapeController {
  @Operation(SUM)
  sum(@Given(SUM) input: EndpointInput<typeof SUM>) {
    return sum(input);
  }

  @Operation(LOOK)
  look(@Given(LOOK) input: EndpointInput<typeof LOOK>) {
    return look(input);
  }
}

const definitionOf = (reflector: Reflector, context: ExecutionContext): EndpointDefinition =>
  reflector.get<EndpointDefinition>(OPERATION, context.getHandler());

/** Keys, roles, rates. */
@Injectable()
class KeyGuard implements CanActivate {
  private readonly addressOf = addressReader([]);

  constructor(
    private readonly reflector: Reflector,
    private readonly authenticator: Authenticator,
    private readonly admission: Admission,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const definition = definitionOf(this.reflector, context);
    const http = context.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    try {
      await this.admit(definition, request, http.getResponse<FastifyReply>());
      return true;
    } catch (error) {
      throw isWriting(definition) ? asNotApplied(error) : error;
    }
  }

  private async admit(definition: EndpointDefinition, request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const caller = await this.authenticator.authenticate(request.headers, request.id, this.addressOf(request.raw));
    request.caller = caller;
    void reply.headers(this.admission.charge(caller));
    this.authenticator.authorise(caller, definition.access as 'read');
    const asked = request.headers['request-timeout'] as string | undefined;
    request.timeoutMs = requestTimeout(asked, DEFAULT_DEADLINE_MS);
    this.admission.mustBeAdmissible(kindOf(definition), caller.scope, request.timeoutMs ?? undefined);
  }
}

type Run = (exchange: Exchange, signal: AbortSignal) => Promise<unknown>;

interface Exchange {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly next: CallHandler;
}

/** Deadline, places, `Idempotency-Key`. */
@Injectable()
class OperationInterceptor implements NestInterceptor {
  private readonly runs = new Map<EndpointDefinition, Run>();

  constructor(
    private readonly reflector: Reflector,
    private readonly admission: Admission,
    private readonly idempotency: Idempotency,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const definition = definitionOf(this.reflector, context);
    const http = context.switchToHttp();
    const exchange = { request: http.getRequest<FastifyRequest>(), reply: http.getResponse<FastifyReply>(), next };
    const { request, reply } = exchange;
    const run = this.runs.get(definition) ?? this.runOf(definition);
    this.runs.set(definition, run);
    const terms = { timeoutMs: request.timeoutMs, isWrite: isWriting(definition), spentMs: reply.elapsedTime };
    return from(withDeadline(terms, reply.raw, (signal) => run(exchange, signal)));
  }

  private runOf(definition: EndpointDefinition): Run {
    const kind = kindOf(definition);
    const scopeOf = ({ caller }: FastifyRequest) => (caller as NonNullable<typeof caller>).scope;
    return asOperation(definition.operationId, (exchange: Exchange, signal: AbortSignal) => {
      exchange.request.deadline = signal;
      const answer = () => this.answer(definition, exchange);
      return this.admission.run(kind, definition.operationId, scopeOf(exchange.request), signal, answer);
    });
  }

  private async answer(definition: EndpointDefinition, { request, reply, next }: Exchange): Promise<unknown> {
    const key = request.headers['idempotency-key'];
    const value: unknown =
      typeof key === 'string' && definition.method !== 'GET'
        ? await this.once(definition, key, request, next)
        : await lastValueFrom(next.handle());
    if (!(value instanceof Reply)) return value;
    void reply.code(value.status).headers(value.headers);
    return value.body;
  }

  private async once(definition: EndpointDefinition, key: string, request: FastifyRequest, next: CallHandler) {
    const work = async () => ({ status: 200, headers: {}, body: JSON.stringify(await lastValueFrom(next.handle())) });
    const caller = request.caller as NonNullable<typeof request.caller>;
    const route = `${definition.method} ${request.url}`;
    const { answer } = await this.idempotency.once(caller, route, key, request.body as Buffer, work);
    return new Reply(answer.status, answer.body, answer.headers);
  }
}

@Catch()
class ProblemFilter implements ExceptionFilter {
  constructor(private readonly logger: Logger) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    void sendProblem(thrown, http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>(), this.logger);
  }
}

export interface Machinery {
  readonly authenticator: Authenticator;
  readonly admission: Admission;
  readonly idempotency: Idempotency;
  readonly logger: Logger;
}

/** The same operations in the shape that Nest's documentation teaches, over the same machinery. */
@Module({})
export class NestShape {
  static of({ authenticator, admission, idempotency, logger }: Machinery): DynamicModule {
    return {
      module: NestShape,
      controllers: [NestShapeController],
      providers: [
        { provide: Authenticator, useValue: authenticator },
        { provide: Admission, useValue: admission },
        { provide: Idempotency, useValue: idempotency },
        { provide: APP_GUARD, useClass: KeyGuard },
        { provide: APP_INTERCEPTOR, useClass: OperationInterceptor },
        { provide: APP_FILTER, useValue: new ProblemFilter(logger) },
      ],
    };
  }

  /** What the shape needs of Fastify: fields of the request, and the bytes of bodies. */
  static prepare(adapter: RestAdapter): void {
    const fastify = adapter.getInstance<FastifyInstance>();
    fastify.decorateRequest('timeoutMs', null);
    fastify.decorateRequest('deadline', null);
    fastify.addContentTypeParser('application/json', async (request: FastifyRequest) =>
      readBody(request.raw, MAX_BODY_BYTES),
    );
  }
}
