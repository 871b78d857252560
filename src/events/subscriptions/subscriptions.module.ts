import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { BrokerModule } from '../broker/broker.module';
import { DeliveryModule } from '../delivery/delivery.module';
import { SubscriptionEntity } from './subscription.entity';
import { SubscriptionsController } from './subscriptions.controller';
import { SubscriptionsRepository } from './subscriptions.repository';
import { SubscriptionsRunner } from './subscriptions.runner';
import { SubscriptionsService } from './subscriptions.service';
import { WebhookSink } from './webhook.sink';

/** From the broker's topics into sinks. */
@Module({
  imports: [TypeOrmModule.forFeature([SubscriptionEntity]), DeliveryModule, BrokerModule],
  controllers: [SubscriptionsController],
  providers: [SubscriptionsRepository, SubscriptionsService, SubscriptionsRunner, WebhookSink],
})
export class SubscriptionsModule {}
