import { Global, Module, type DynamicModule } from '@nestjs/common';
import type { Logger } from 'pino';
import { BackgroundMetrics } from './background-metrics';
import { LOGGER } from './logger';
import { Metrics } from './metrics';
import { StallWatch } from './stalls/stall-watch';

@Global()
@Module({})
export class TelemetryModule {
  static forRoot(logger: Logger): DynamicModule {
    return {
      module: TelemetryModule,
      providers: [{ provide: LOGGER, useValue: logger }, Metrics, StallWatch, BackgroundMetrics],
      exports: [LOGGER, Metrics],
    };
  }
}
