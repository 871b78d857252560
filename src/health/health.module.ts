import { Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { OperationsModule } from '../operations/operations.module';
import { DeepHealthCheck } from './deep-health';
import { EmbeddingsWatch } from './embeddings.watch';
import { HealthController } from './health.controller';
import { ProcessMetrics } from './process-metrics';
import { Readiness } from './readiness';
import { ServicesController } from './services.controller';

@Module({
  // The registry logs changes of state; a line for each question about them would drown those.
  imports: [OperationsModule, TerminusModule.forRoot({ logger: false })],
  controllers: [HealthController, ServicesController],
  providers: [Readiness, ProcessMetrics, DeepHealthCheck, EmbeddingsWatch],
  exports: [Readiness],
})
export class HealthModule {}
