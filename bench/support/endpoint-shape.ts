import { Controller, Module, type DynamicModule } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import type { EndpointInput } from '../../src/api/endpoint';
import { Endpoint, Input } from '../../src/api/endpoint.decorator';
import { EndpointRunner } from '../../src/transports/rest/endpoint-runner';
import { RestRouter } from '../../src/transports/rest/rest-router';
import { LOOK, look, SUM, sum } from './shape-operations';

@Controller()
class EndpointShapeController {
  @Endpoint(SUM)
  sum(@Input() input: EndpointInput<typeof SUM>) {
    return sum(input);
  }

  @Endpoint(LOOK)
  look(@Input() input: EndpointInput<typeof LOOK>) {
    return look(input);
  }
}

/** The operations as the product serves its own: by `@Endpoint` and the runner of a running product. */
@Module({})
export class EndpointShape {
  static of(runner: EndpointRunner): DynamicModule {
    return {
      module: EndpointShape,
      imports: [DiscoveryModule],
      controllers: [EndpointShapeController],
      providers: [RestRouter, { provide: EndpointRunner, useValue: runner }],
    };
  }
}
