import type { EndpointDefinition } from './endpoint';

const ENDPOINTS = Symbol('zerodb:endpoints');

/** A controller's method and the operation it serves. */
export interface DeclaredEndpoint {
  readonly definition: EndpointDefinition;
  readonly handler: string;
}

/**
 * Serves a REST operation with this method of a `@Controller()`. The method gets one argument, the `EndpointInput`, and
 * returns a value, a `Reply` or a `Readable`. The routes are put on Fastify directly (see `rest-router.ts`): Nest's chain
 * of guards, pipes and interceptors costs more per request than all the work that is done in them here.
 */
export const Endpoint =
  (definition: EndpointDefinition): MethodDecorator =>
  (prototype, handler) => {
    const declared = endpointsOf(prototype);
    const own: DeclaredEndpoint[] = [...declared, { definition, handler: String(handler) }];
    Object.defineProperty(prototype, ENDPOINTS, { value: own, configurable: true });
  };

/** Marks the parameter that takes the `EndpointInput`; it must be the only one. */
export const Input = (): ParameterDecorator => (_prototype, handler, index) => {
  if (index !== 0) throw new Error(`${String(handler)}: the endpoint's input is its first argument.`);
};

export const endpointsOf = (prototype: object): readonly DeclaredEndpoint[] =>
  (Reflect.get(prototype, ENDPOINTS) as readonly DeclaredEndpoint[] | undefined) ?? [];
