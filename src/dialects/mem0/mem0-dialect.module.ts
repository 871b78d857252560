import { Module } from '@nestjs/common';
import { MemoryModule } from '../../memory/memory.module';
import { MainPortModule } from '../main-port.module';
import { BatchRoutes } from './batch.routes';
import { EntityRoutes } from './entities.routes';
import { Mem0Door } from './mem0-door';
import { Mem0Memories } from './memories';
import { PlatformRoutes } from './platform.routes';
import { ServerRoutes } from './server.routes';

/** mem0's REST API, of the platform and of the server, over ZeroDB's memory. */
@Module({
  imports: [MainPortModule, MemoryModule],
  providers: [Mem0Memories, PlatformRoutes, EntityRoutes, BatchRoutes, ServerRoutes, Mem0Door],
})
export class Mem0DialectModule {}
