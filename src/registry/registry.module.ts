import { Global, Module } from '@nestjs/common';
import { OperationsModule } from '../operations/operations.module';
import { BackgroundController } from './background.controller';
import { DrainStore } from './drain-store';
import { Operator } from './operator';
import { PostgresAway } from './postgres-away';
import { PostgresWatch } from './postgres.watch';
import { RegistryMetrics } from './registry-metrics';
import { ServiceRegistry } from './service';
import { ServicesController } from './services.controller';
import { TransitionLog } from './transition-log';
import { TransitionStore } from './transition-store';
import { WatchingRegistry } from './watching-registry';

/** The state of each service, and the gates to them. */
@Global()
@Module({
  imports: [OperationsModule],
  controllers: [ServicesController, BackgroundController],
  providers: [
    RegistryMetrics,
    WatchingRegistry,
    { provide: ServiceRegistry, useExisting: WatchingRegistry },
    TransitionStore,
    TransitionLog,
    DrainStore,
    Operator,
    PostgresWatch,
    PostgresAway,
  ],
  exports: [ServiceRegistry, WatchingRegistry, TransitionStore, Operator, PostgresWatch, PostgresAway],
})
export class RegistryModule {}
