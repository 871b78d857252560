import { Injectable, type OnModuleInit } from '@nestjs/common';
import { MainPort } from '../main-port';
import { CollectionRoutes } from './collections.routes';
import { presentError } from './errors';
import { RecordRoutes } from './records.routes';
import { ServiceRoutes } from './service.routes';

/**
 * Where clients of Chroma find ZeroDB: at `/chroma`, to which they append the path of their API. That for JavaScript takes a host
 * and a port alone: for it, the path of the API is served as it is, too.
 */
const PREFIXES = ['/chroma/api/v2', '/api/v2'];

/** Serves Chroma's API. */
@Injectable()
export class ChromaDoor implements OnModuleInit {
  constructor(
    private readonly port: MainPort,
    private readonly service: ServiceRoutes,
    private readonly collections: CollectionRoutes,
    private readonly records: RecordRoutes,
  ) {}

  onModuleInit(): void {
    const routes = [this.service, this.collections, this.records];
    for (const prefix of PREFIXES) this.port.serve({ prefix, product: 'Chroma', routes, present: presentError });
  }
}
