import { Module } from '@nestjs/common';
import { BrokerModule } from './broker/broker.module';
import { ServiceChanges } from './changes/service-changes';
import { DeliveryModule } from './delivery/delivery.module';
import { EventsErasure } from './erasure/events-erasure';
import { EventLogModule } from './event-log.module';
import { GroupsModule } from './groups/groups.module';
import { EventsController } from './log/events.controller';
import { Housekeeping } from './log/housekeeping';
import { RealtimeModule } from './realtime/realtime.module';
import { StreamModule } from './stream/stream.module';
import { SubscriptionsModule } from './subscriptions/subscriptions.module';
import { TopicsController } from './topics/topics.controller';
import { WebhooksModule } from './webhooks/webhooks.module';

/** Events: topics, their log, and its followers, one module for each. */
@Module({
  imports: [
    EventLogModule,
    DeliveryModule,
    StreamModule,
    RealtimeModule,
    GroupsModule,
    WebhooksModule,
    BrokerModule,
    SubscriptionsModule,
  ],
  controllers: [TopicsController, EventsController],
  providers: [Housekeeping, ServiceChanges, EventsErasure],
  exports: [StreamModule],
})
export class EventsModule {}
