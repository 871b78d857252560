import { Injectable, type OnModuleInit } from '@nestjs/common';
import { MainPort } from '../main-port';
import { BatchRoutes } from './batch.routes';
import { EntityRoutes } from './entities.routes';
import { presentError } from './errors';
import { PlatformRoutes } from './platform.routes';
import { ServerRoutes } from './server.routes';

/** Where clients of mem0 find ZeroDB: `/mem0`. */
@Injectable()
export class Mem0Door implements OnModuleInit {
  constructor(
    private readonly port: MainPort,
    private readonly platform: PlatformRoutes,
    private readonly entities: EntityRoutes,
    private readonly batches: BatchRoutes,
    private readonly server: ServerRoutes,
  ) {}

  onModuleInit(): void {
    const routes = [this.platform, this.entities, this.batches, this.server];
    this.port.serve({ prefix: '/mem0', product: 'mem0', routes, present: presentError });
  }
}
