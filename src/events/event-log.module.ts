import { Global, Module } from '@nestjs/common';
import { ChangeFeed } from '../database/change-feed.port';
import { BrokerGrants } from './broker/broker-grants';
import { BrokerNames } from './broker/broker-names';
import { TopicChangeFeed } from './changes/topic-change-feed';
import { EventLog } from './log/event-log';
import { EventsService } from './log/events.service';
import { LogSignals } from './log/log-signals';
import { EventSinks } from './subscriptions/event-sinks';
import { TopicsRepository } from './topics/topics.repository';
import { TopicsService } from './topics/topics.service';

/** Topics and the log: all other capabilities may write their changes to it. */
@Global()
@Module({
  providers: [
    BrokerNames,
    BrokerGrants,
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
