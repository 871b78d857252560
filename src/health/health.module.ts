import { Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { DeepHealthCheck } from './deep-health';
import { HealthController } from './health.controller';
import { ProcessMetrics } from './process-metrics';
import { Readiness } from './readiness';

@Module({
  // The registry logs changes of state; a line for each question about them would drown those.
  imports: [TerminusModule.forRoot({ logger: false })],
  controllers: [HealthController],
  providers: [Readiness, ProcessMetrics, DeepHealthCheck],
  exports: [Readiness],
})
export class HealthModule {}
