import { Module } from '@nestjs/common';
import { EventMetrics } from '../event-metrics';
import { ConsumersRepository } from './consumers.repository';
import { DeadLettersController } from './dead-letters.controller';
import { DeadLettersRepository } from './dead-letters.repository';
import { DeliveryScheduler } from './delivery.scheduler';
import { LanesRepository } from './lanes.repository';

/** Lanes, leases and dead letters: what delivers the log. Used by the broker, webhooks and groups. */
@Module({
  controllers: [DeadLettersController],
  providers: [EventMetrics, ConsumersRepository, LanesRepository, DeadLettersRepository, DeliveryScheduler],
  exports: [EventMetrics, ConsumersRepository, LanesRepository, DeadLettersRepository, DeliveryScheduler],
})
export class DeliveryModule {}
