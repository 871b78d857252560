import { Global, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ChangeFeed } from '../database/change-feed.port';
import { BrokerGrantEntity } from './broker/broker-grant.entity';
import { BrokerGrants } from './broker/broker-grants';
import { BrokerGrantsRepository } from './broker/broker-grants.repository';
import { BrokerNames } from './broker/broker-names';
import { TopicChangeFeed } from './changes/topic-change-feed';
import { EventLog } from './log/event-log';
import { EventsService } from './log/events.service';
import { LogSignals } from './log/log-signals';
import { EventSinks } from './subscriptions/event-sinks';
import { TopicEntity } from './topics/topic.entity';
import { TopicsRepository } from './topics/topics.repository';
import { TopicsService } from './topics/topics.service';

/** Topics and the log: all other capabilities may write their changes to it. */
@Global()
@Module({
  imports: [TypeOrmModule.forFeature([TopicEntity, BrokerGrantEntity])],
  providers: [
    BrokerNames,
    BrokerGrants,
    BrokerGrantsRepository,
    TopicsRepository,
    TopicsService,
    EventLog,
    EventsService,
    LogSignals,
    TopicChangeFeed,
    EventSinks,
    { provide: ChangeFeed, useExisting: TopicChangeFeed },
  ],
  exports: [
    BrokerNames,
    BrokerGrants,
    TopicsRepository,
    TopicsService,
    EventLog,
    EventsService,
    LogSignals,
    ChangeFeed,
    EventSinks,
  ],
})
export class EventLogModule {}
