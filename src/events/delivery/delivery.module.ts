import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { EventMetrics } from '../event-metrics';
import { ConsumerEntity } from './consumer.entity';
import { ConsumersRepository } from './consumers.repository';
import { DeadLetterEntity } from './dead-letter.entity';
import { DeadLettersController } from './dead-letters.controller';
import { DeadLettersRepository } from './dead-letters.repository';
import { DeliveryScheduler } from './delivery.scheduler';
import { LanesRepository } from './lanes.repository';

/** Lanes, leases and dead letters: what delivers the log. Used by the broker, webhooks and groups. */
@Module({
  imports: [TypeOrmModule.forFeature([ConsumerEntity, DeadLetterEntity])],
  controllers: [DeadLettersController],
  providers: [EventMetrics, ConsumersRepository, LanesRepository, DeadLettersRepository, DeliveryScheduler],
  exports: [EventMetrics, ConsumersRepository, LanesRepository, DeadLettersRepository, DeliveryScheduler],
})
export class DeliveryModule {}
