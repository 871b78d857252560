import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
  type OnModuleInit,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance } from 'fastify';
import { dialectsConfig, serverConfig, type DialectsSettings, type ServerSettings } from '../../config';
import { DialectPorts } from '../dialect-port';
import { methodNotAllowed } from '../../common/errors';
import { presentError } from './present-error';
import { S3_PREFIX } from './prefix';
import { S3Dispatcher } from './s3-dispatcher';

/** Where clients of S3 are served: below `/s3` of the HTTP port, and on a separate port for those that take no path. */
@Injectable()
export class S3Door implements OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown {
  private close: () => Promise<void> = async () => undefined;

  constructor(
    private readonly host: HttpAdapterHost,
    private readonly dispatcher: S3Dispatcher,
    private readonly ports: DialectPorts,
    @Inject(dialectsConfig.KEY) private readonly dialects: DialectsSettings,
    @Inject(serverConfig.KEY) private readonly server: ServerSettings,
  ) {}

  onModuleInit(): void {
    this.dispatcher.serve(this.host.httpAdapter.getInstance<FastifyInstance>(), S3_PREFIX);
  }

  async onApplicationBootstrap(): Promise<void> {
    const { s3Port: port } = this.dialects;
    if (port === undefined || this.server.role === 'worker') return;
    this.close = await this.ports.open({
      port,
      setting: 'ZERODB_S3_DIALECT_PORT',
      title: "S3's dialect",
      present: presentError,
      addRoutes: (fastify) => {
        this.dispatcher.serve(fastify, '');
        fastify.setNotFoundHandler((request) => {
          throw methodNotAllowed(request.method, 'This API', ['GET', 'HEAD', 'PUT', 'POST', 'DELETE']);
        });
      },
    });
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.close();
  }
}
