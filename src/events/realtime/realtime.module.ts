import { Module } from '@nestjs/common';
import { StreamModule } from '../stream/stream.module';
import { Channels } from './channels';
import { RealtimeGateway } from './realtime.gateway';

/** The WebSocket, with presence. */
@Module({
  imports: [StreamModule],
  providers: [Channels, RealtimeGateway],
})
export class RealtimeModule {}
