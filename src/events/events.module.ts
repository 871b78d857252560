import { Logger, Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module';
import { ServiceChanges } from './changes/service-changes';
import { kafkaConfig, type KafkaSettings } from '../config';
import { KafkaEventBroker } from './adapters/kafka/kafka.event-broker';
import { BrokerFollower } from './broker/broker.follower';
import { BrokerMarkRepository } from './broker/broker-mark.repository';
import { BrokerGrantsController } from './broker/broker-grants.controller';
import { BrokerJanitor } from './broker/broker-janitor';
import { BrokerTombstones } from './broker/broker-tombstones';
import { EventBroker } from './broker/event-broker.port';
import { ConsumersRepository } from './delivery/consumers.repository';
import { DeadLettersRepository } from './delivery/dead-letters.repository';
import { DeliveryScheduler } from './delivery/delivery.scheduler';
import { LanesRepository } from './delivery/lanes.repository';
import { DeadLettersController } from './delivery/dead-letters.controller';
import { EventsErasure } from './erasure/events-erasure';
import { EventMetrics } from './event-metrics';
import { EventLogModule } from './event-log.module';
import { GroupLeasesRepository } from './groups/group-leases.repository';
import { GroupsController } from './groups/groups.controller';
import { GroupsService } from './groups/groups.service';
import { Housekeeping } from './log/housekeeping';
import { Channels } from './realtime/channels';
import { RealtimeGateway } from './realtime/realtime.gateway';
import { EventsController } from './log/events.controller';
import { LiveConnections } from './stream/live-connections';
import { LogTail } from './stream/log-tail';
import { StreamController } from './stream/stream.controller';
import { SubscriptionsController } from './subscriptions/subscriptions.controller';
import { SubscriptionsRepository } from './subscriptions/subscriptions.repository';
import { SubscriptionsRunner } from './subscriptions/subscriptions.runner';
import { SubscriptionsService } from './subscriptions/subscriptions.service';
import { WebhookSink } from './subscriptions/webhook.sink';
import { TopicsController } from './topics/topics.controller';
import { WebhookDelivery } from './webhooks/webhook.delivery';
import { WebhooksController } from './webhooks/webhooks.controller';
import { WebhooksService } from './webhooks/webhooks.service';

/** `undefined` where none is configured: the log then has no follower. */
function createBroker(kafka: KafkaSettings): EventBroker | undefined {
  if (kafka.brokers === undefined) return undefined;
  const { saslMechanism: mechanism, saslUsername: username = '', saslPassword: password = '' } = kafka;
  return new KafkaEventBroker({
    brokers: kafka.brokers.split(','),
    clientId: kafka.clientId,
    tls: kafka.tls === 'on',
    sasl: mechanism && { mechanism, username, password },
    log: (level, message) => new Logger('Kafka')[level === 'info' ? 'log' : level](message),
  });
}

/** Events: topics, their log, and its followers. */
@Module({
  imports: [AuthModule, EventLogModule],
  controllers: [
    TopicsController,
    EventsController,
    StreamController,
    GroupsController,
    WebhooksController,
    DeadLettersController,
    SubscriptionsController,
    BrokerGrantsController,
  ],
  providers: [
    LogTail,
    LiveConnections,
    EventMetrics,
    ConsumersRepository,
    LanesRepository,
    DeadLettersRepository,
    DeliveryScheduler,
    { provide: EventBroker, inject: [kafkaConfig.KEY], useFactory: createBroker },
    BrokerMarkRepository,
    BrokerFollower,
    BrokerTombstones,
    BrokerJanitor,
    GroupLeasesRepository,
    GroupsService,
    WebhookDelivery,
    WebhooksService,
    Housekeeping,
    ServiceChanges,
    Channels,
    RealtimeGateway,
    SubscriptionsRepository,
    SubscriptionsService,
    SubscriptionsRunner,
    WebhookSink,
    EventsErasure,
  ],
  exports: [LogTail, LiveConnections],
})
export class EventsModule {}
