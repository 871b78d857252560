import { Injectable, type OnModuleInit } from '@nestjs/common';
import { MainPort } from '../main-port';
import { DialectRoutes } from './dialect-routes';
import { presentError, unknownUrl } from './errors';

export const OPENAI_PREFIX = '/openai/v1';

/** The paths at which ZeroDB answers clients of OpenAI, on its own port. Keys, limits, deadlines and logs are those of REST. */
@Injectable()
export class OpenAiDoor implements OnModuleInit {
  constructor(
    private readonly port: MainPort,
    private readonly routes: DialectRoutes,
  ) {}

  onModuleInit(): void {
    this.port.serve({
      prefix: OPENAI_PREFIX,
      product: 'OpenAI',
      routes: this.routes.all,
      present: presentError,
      unknown: unknownUrl,
      takesSlash: false,
    });
  }
}
