import { Module } from '@nestjs/common';
import { DeliveryModule } from '../delivery/delivery.module';
import { LiveConnections } from './live-connections';
import { LogTail } from './log-tail';
import { StreamController } from './stream.controller';

/** The tail of the log, and its readers over SSE. */
@Module({
  imports: [DeliveryModule],
  controllers: [StreamController],
  providers: [LogTail, LiveConnections],
  exports: [LogTail, LiveConnections],
})
export class StreamModule {}
