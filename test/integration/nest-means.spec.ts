import {
  Body,
  Controller,
  Get,
  Inject,
  Injectable,
  Module,
  Scope,
  UseFilters,
  UseGuards,
  UseInterceptors,
  UsePipes,
  type CanActivate,
  type NestInterceptor,
  type PipeTransform,
  type Provider,
  type Type,
} from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR, APP_PIPE, DiscoveryModule, NestFactory, REQUEST } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import pino from 'pino';
import { defineEndpoint } from '../../src/api/endpoint';
import { Endpoint } from '../../src/api/endpoint.decorator';
import { DocumentedEndpoints } from '../../src/transports/rest/documented-endpoints';
import { EarlyRefusals } from '../../src/transports/rest/early-refusals';
import { EndpointRunner } from '../../src/transports/rest/endpoint-runner';
import { createHttpAdapter } from '../../src/transports/rest/http-adapter';
import { RestRouter } from '../../src/transports/rest/rest-router';

/** Real: Nest, Fastify, the router of endpoints. Fake: what runs around a handler. */
const ECHO = defineEndpoint({
  method: 'GET',
  path: '/v1/echo',
  operationId: 'echo',
  audit: 'none',
  tag: 'Test',
  summary: 'Echo',
  access: 'read',
  responses: { 200: null },
});

@Injectable()
class NeverGuard implements CanActivate {
  canActivate = (): boolean => false;
}
@Injectable({ scope: Scope.REQUEST })
class RequestGuard implements CanActivate {
  constructor(@Inject(REQUEST) readonly request: unknown) {}
  canActivate = (): boolean => false;
}
class Doubler implements PipeTransform {
  transform = (value: unknown): unknown => [value, value];
}
class Wrapper implements NestInterceptor {
  intercept: NestInterceptor['intercept'] = (_context, next) => next.handle();
}
class Swallow {
  catch = (): void => undefined;
}

@Controller()
class Plain {
  @Endpoint(ECHO)
  echo(): void {}

  notAHandler(): void {}
}

const runner = { handlerFor: () => async () => await Promise.resolve('served') };

const start = async (
  controller: Type,
  providers: Provider[] = [],
  prepare: (app: NestFastifyApplication) => void = () => undefined,
): Promise<string> => {
  @Module({
    imports: [DiscoveryModule],
    controllers: [controller],
    providers: [
      RestRouter,
      { provide: EndpointRunner, useValue: runner },
      { provide: EarlyRefusals, useValue: { add: () => undefined } },
      DocumentedEndpoints,
      ...providers,
    ],
  })
  class Product {}
  const adapter = createHttpAdapter(pino({ level: 'silent' }));
  const app = await NestFactory.create<NestFastifyApplication>(Product, adapter, {
    logger: false,
    abortOnError: false,
  });
  try {
    prepare(app);
    await app.init();
    return (await app.inject({ method: 'GET', url: '/v1/echo' })).body;
  } finally {
    await app.close();
  }
};

const decorated = (decorator: ClassDecorator & MethodDecorator, onClass: boolean): Type => {
  class Decorated extends Plain {}
  Controller()(Decorated);
  if (onClass) decorator(Decorated);
  else {
    const echo = { value: (): void => undefined, configurable: true };
    Object.defineProperty(Decorated.prototype, 'echo', echo);
    decorator(Decorated.prototype, 'echo', echo);
  }
  return Decorated;
};

describe('Nest’s own means around endpoints', () => {
  it('are not needed', async () => expect(await start(Plain)).toBe('served'));

  it.each<[string, Provider]>([
    ['APP_GUARD: NeverGuard', { provide: APP_GUARD, useClass: NeverGuard }],
    ['APP_GUARD: NeverGuard', { provide: APP_GUARD, useFactory: () => new NeverGuard() }],
    ['APP_GUARD: RequestGuard', { provide: APP_GUARD, useClass: RequestGuard }],
    ['APP_PIPE: Doubler', { provide: APP_PIPE, useClass: Doubler }],
    ['APP_INTERCEPTOR: Wrapper', { provide: APP_INTERCEPTOR, useClass: Wrapper }],
    ['APP_FILTER: Swallow', { provide: APP_FILTER, useClass: Swallow }],
  ])('fail the start when they are registered for all: %s', async (found, provider) => {
    await expect(start(Plain, [provider])).rejects.toThrow(`  - ${found}`);
  });

  it.each<[string, (app: NestFastifyApplication) => unknown]>([
    ['APP_GUARD: NeverGuard', (app) => app.useGlobalGuards(new NeverGuard())],
    ['APP_PIPE: Doubler', (app) => app.useGlobalPipes(new Doubler())],
    ['APP_INTERCEPTOR: Wrapper', (app) => app.useGlobalInterceptors(new Wrapper())],
    ['APP_FILTER: Swallow', (app) => app.useGlobalFilters(new Swallow())],
  ])('fail the start when they are set on the application: %s', async (found, prepare) => {
    await expect(start(Plain, [], prepare)).rejects.toThrow(`  - ${found}`);
  });

  const LOCAL: [string, ClassDecorator & MethodDecorator][] = [
    ['@UseGuards', UseGuards(NeverGuard)],
    ['@UsePipes', UsePipes(Doubler)],
    ['@UseInterceptors', UseInterceptors(Wrapper)],
    ['@UseFilters', UseFilters(Swallow)],
  ];
  it.each(LOCAL)('fail the start when %s is on a controller or its handler', async (name, decorator) => {
    await expect(start(decorated(decorator, true))).rejects.toThrow(`  - ${name}: Decorated`);
    await expect(start(decorated(decorator, false))).rejects.toThrow(`  - ${name}: Decorated.echo`);
  });

  it('fail the start as parameters and as routes, all at once', async () => {
    @Controller()
    class Mixed {
      @Endpoint(ECHO)
      echo(@Body() body: unknown): unknown {
        return body;
      }

      @Get('/open')
      open(): string {
        return 'to everybody';
      }
    }
    const started = start(Mixed);
    await expect(started).rejects.toThrow('parameters of Nest, such as @Body: Mixed.echo');
    await expect(started).rejects.toThrow('a route of Nest, such as @Get: Mixed.open');
  });
});
