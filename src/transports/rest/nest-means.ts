import type { Type } from '@nestjs/common';
import {
  EXCEPTION_FILTERS_METADATA,
  GUARDS_METADATA,
  INTERCEPTORS_METADATA,
  PATH_METADATA,
  PIPES_METADATA,
  ROUTE_ARGS_METADATA,
} from '@nestjs/common/constants';
import type { ApplicationConfig } from '@nestjs/core';

const LOCAL = {
  [GUARDS_METADATA]: '@UseGuards',
  [PIPES_METADATA]: '@UsePipes',
  [INTERCEPTORS_METADATA]: '@UseInterceptors',
  [EXCEPTION_FILTERS_METADATA]: '@UseFilters',
} as const;

const REMEDY =
  'Endpoints are served by their declaration, over REST, GraphQL and MCP alike, so none of these would ever run. ' +
  'Declare the role as `access` and the input as schemas; check the rest in the handler, or for all endpoints in ' +
  'EndpointRunner. See docs/decisions/0006-endpoints-declared-once.md.';

/**
 * Throws where Nest's own means were put around endpoints: guards, pipes, interceptors and filters, for all or for one;
 * parameters such as `@Body()`; routes such as `@Get()`, which would be open to everybody. A guard that never runs
 * is worse than none, because somebody relies on it.
 */
export function refuseNestMeans(config: ApplicationConfig, controllers: readonly Type[]): void {
  const found = [...globalMeans(config), ...controllers.flatMap(localMeans)];
  if (found.length > 0) throw new Error([`${REMEDY} Found:`, ...found.map((one) => `  - ${one}`)].join('\n'));
}

function globalMeans(config: ApplicationConfig): string[] {
  const registered = {
    APP_GUARD: [...config.getGlobalGuards(), ...config.getGlobalRequestGuards()],
    APP_PIPE: [...config.getGlobalPipes(), ...config.getGlobalRequestPipes()],
    APP_INTERCEPTOR: [...config.getGlobalInterceptors(), ...config.getGlobalRequestInterceptors()],
    APP_FILTER: [...config.getGlobalFilters(), ...config.getGlobalRequestFilters()],
  };
  return Object.entries(registered).flatMap(([token, means]) => means.map((one) => `${token}: ${nameOf(one)}`));
}

/** Instances, and wrappers of those that are made for each request. */
function nameOf(means: object): string {
  const { metatype } = means as { readonly metatype?: { readonly name?: string } | null };
  return metatype?.name ?? means.constructor.name;
}

function localMeans(controller: Type): string[] {
  const handlers = methodsOf(controller).flatMap(([name, method]) => {
    const where = `${controller.name}.${name}`;
    const parameters: unknown = Reflect.getMetadata(ROUTE_ARGS_METADATA, controller, name);
    return [
      ...enhancersOf(method, where),
      ...(Reflect.hasMetadata(PATH_METADATA, method) ? [`a route of Nest, such as @Get: ${where}`] : []),
      ...(parameters === undefined ? [] : [`parameters of Nest, such as @Body: ${where}`]),
    ];
  });
  return [...enhancersOf(controller, controller.name), ...handlers];
}

const enhancersOf = (target: object, where: string): string[] =>
  Object.entries(LOCAL).flatMap(([key, decorator]) =>
    Reflect.hasMetadata(key, target) ? [`${decorator}: ${where}`] : [],
  );

/** Own and inherited. */
function methodsOf(controller: Type): [string, object][] {
  const methods = new Map<string, object>();
  let prototype = controller.prototype as object | null;
  for (; prototype && prototype !== Object.prototype; prototype = Object.getPrototypeOf(prototype) as object | null) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
      if (typeof value === 'function' && name !== 'constructor' && !methods.has(name))
        methods.set(name, value as object);
    }
  }
  return [...methods];
}
