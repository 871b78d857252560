import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module';
import { EventLogModule } from './event-log.module';
import { EventsController } from './log/events.controller';
import { LiveConnections } from './stream/live-connections';
import { LogTail } from './stream/log-tail';
import { StreamController } from './stream/stream.controller';
import { TopicsController } from './topics/topics.controller';

/** Events: topics, their log, and all who follow it. */
@Module({
  imports: [AuthModule, EventLogModule],
  controllers: [TopicsController, EventsController, StreamController],
  providers: [LogTail, LiveConnections],
})
export class EventsModule {}
