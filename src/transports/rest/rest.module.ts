import { Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { DocsPages } from './docs-pages';
import { DocumentedEndpoints } from './documented-endpoints';
import { EarlyRefusals } from './early-refusals';
import { EndpointRunner } from './endpoint-runner';
import { Idempotency } from './idempotency';
import { RestRouter } from './rest-router';

/** REST: everything that is the same for all endpoints. */
@Module({
  imports: [DiscoveryModule],
  providers: [RestRouter, EndpointRunner, EarlyRefusals, Idempotency, DocumentedEndpoints, DocsPages],
  exports: [RestRouter, EndpointRunner, EarlyRefusals, DocumentedEndpoints],
})
export class RestModule {}
