import { Injectable, type OnModuleInit, type Type } from '@nestjs/common';
import { ApplicationConfig, DiscoveryService, HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance } from 'fastify';
import type { EndpointDefinition } from '../../api/endpoint';
import { endpointsOf } from '../../api/endpoint.decorator';
import { DocumentedEndpoints } from './documented-endpoints';
import { EarlyRefusals } from './early-refusals';
import { EndpointRunner, type Handler } from './endpoint-runner';
import { refuseNestMeans } from './nest-means';

/** Puts every declared endpoint on Fastify, once all controllers exist. */
@Injectable()
export class RestRouter implements OnModuleInit {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly host: HttpAdapterHost,
    private readonly runner: EndpointRunner,
    private readonly refusals: EarlyRefusals,
    private readonly documented: DocumentedEndpoints,
    private readonly config: ApplicationConfig,
  ) {}

  onModuleInit(): void {
    const controllers = this.discovery.getControllers();
    refuseNestMeans(
      this.config,
      controllers.map(({ metatype }) => metatype as Type),
    );
    const fastify = this.host.httpAdapter.getInstance<FastifyInstance>();
    for (const { instance } of controllers) {
      const controller = instance as Record<string, (input: unknown) => unknown>;
      for (const { definition, handler } of endpointsOf(controller)) {
        this.add(fastify, definition, (input) => controller[handler]?.(input));
      }
    }
  }

  private add(fastify: FastifyInstance, definition: EndpointDefinition, handler: Handler): void {
    this.documented.add(definition);
    const url = definition.path.replace(/\{\w+\*\}$/, '*').replace(/\{(\w+)\}/g, ':$1');
    this.refusals.add(definition, url);
    fastify.route({
      method: definition.method,
      url,
      handler: this.runner.handlerFor(definition, handler),
    });
  }
}
