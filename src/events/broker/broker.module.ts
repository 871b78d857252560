import { Logger, Module } from '@nestjs/common';
import { PeerTls } from '../../common/tls';
import { kafkaConfig, type KafkaSettings } from '../../config';
import { KafkaEventBroker } from '../adapters/kafka/kafka.event-broker';
import { DeliveryModule } from '../delivery/delivery.module';
import { BrokerGrantsController } from './broker-grants.controller';
import { BrokerJanitor } from './broker-janitor';
import { BrokerMarkRepository } from './broker-mark.repository';
import { BrokerTombstones } from './broker-tombstones';
import { BrokerFollower } from './broker.follower';
import { EventBroker } from './event-broker.port';

/** `null` where none is configured: the log then has no follower. Always provided, so that its loss fails the start. */
function createBroker(kafka: KafkaSettings): EventBroker | null {
  if (kafka.brokers === undefined) return null;
  const { saslMechanism: mechanism, saslUsername: username = '', saslPassword: password = '' } = kafka;
  return new KafkaEventBroker({
    brokers: kafka.brokers.split(','),
    clientId: kafka.clientId,
    tls: kafka.tls === 'on',
    peerTls: PeerTls.of(kafka),
    sasl: mechanism && { mechanism, username, password },
    log: (level, message) => new Logger('Kafka')[level === 'info' ? 'log' : level](message),
  });
}

/** The broker, and what follows the log into it. */
@Module({
  imports: [DeliveryModule],
  controllers: [BrokerGrantsController],
  providers: [
    { provide: EventBroker, inject: [kafkaConfig.KEY], useFactory: createBroker },
    BrokerMarkRepository,
    BrokerFollower,
    BrokerTombstones,
    BrokerJanitor,
  ],
  exports: [EventBroker],
})
export class BrokerModule {}
