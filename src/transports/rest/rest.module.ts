import { Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { DocsPages } from './docs-pages';
import { EndpointRunner } from './endpoint-runner';
import { Idempotency } from './idempotency';
import { RestRouter } from './rest-router';

/** REST: everything that is the same for all endpoints. */
@Module({
  imports: [DiscoveryModule],
  providers: [RestRouter, EndpointRunner, Idempotency, DocsPages],
  exports: [RestRouter, EndpointRunner],
})
export class RestModule {}
