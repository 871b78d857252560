import { Global, Module } from '@nestjs/common';
import { RegistryMetrics } from './registry-metrics';
import { ServiceRegistry } from './service';
import { WatchingRegistry } from './watching-registry';

/** What is known of each service, and the gates to them. */
@Global()
@Module({
  providers: [RegistryMetrics, WatchingRegistry, { provide: ServiceRegistry, useExisting: WatchingRegistry }],
  exports: [ServiceRegistry, WatchingRegistry],
})
export class RegistryModule {}
