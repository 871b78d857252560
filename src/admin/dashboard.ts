import path from 'node:path';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { SignIn } from '../auth/tokens/sign-in';
import { namesTag } from '../common/entity-tag';
import { notFound } from '../common/errors';
import { packageRoot } from '../config';
import { encodingFor, readDashboard, type DashboardFile } from './dashboard-files';
import { newNonce, pageWith, policyWith } from './dashboard-page';

const PREFIX = '/admin';
const ASSETS = 'assets/';
const NOT_BUILT = 'The dashboard is not built. "npm start" builds it; so does "npm run build".\n';
/** A hashed name never means another content. */
const FOREVER = 'public, max-age=31536000, immutable';

/** The admin dashboard at `/admin`, from the files that the build left. It is a client of the API like any other. */
@Injectable()
export class Dashboard implements OnModuleInit {
  private files: ReadonlyMap<string, DashboardFile> = new Map();
  private html: string | undefined;

  constructor(
    private readonly host: HttpAdapterHost,
    private readonly signIn: SignIn,
  ) {}

  onModuleInit(): void {
    this.files = readDashboard(path.join(packageRoot(), 'dist', 'dashboard'));
    this.html = this.files.get('index.html')?.bytes.toString('utf8');
    const fastify = this.host.httpAdapter.getInstance<FastifyInstance>();
    fastify.get(PREFIX, (_request, reply) => this.sendPage(reply));
    fastify.get(`${PREFIX}/*`, (request, reply) => this.answer(request, reply));
  }

  /** A file by its exact name, or the page: which of its own addresses exist, the page knows. */
  private async answer(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const name = nameIn(request.url);
    const file = this.files.get(name);
    if (file && name !== 'index.html') return sendFile(file, request, reply);
    // A script of an older build: the page in its place would only be refused as a script.
    if (name.startsWith(ASSETS)) throw notFound('file', name.slice(0, 200));
    return await this.sendPage(reply);
  }

  private async sendPage(reply: FastifyReply): Promise<FastifyReply> {
    if (this.html === undefined) return reply.code(404).type('text/plain; charset=utf-8').send(NOT_BUILT);
    const nonce = newNonce();
    return reply
      .headers({
        'content-security-policy': policyWith(nonce, await this.signIn.origins()),
        'cache-control': 'no-store',
      })
      .type('text/html; charset=utf-8')
      .send(pageWith(this.html, nonce));
  }
}

const nameIn = (url: string): string => (url.split('?')[0] ?? '').slice(PREFIX.length + 1);

function sendFile(file: DashboardFile, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  void reply.headers({
    'cache-control': file.isHashed ? FOREVER : 'no-cache',
    etag: file.etag,
    vary: 'accept-encoding',
  });
  const known = request.headers['if-none-match'];
  if (known !== undefined && namesTag(known, file.etag)) return reply.code(304).send();
  const encoding = encodingFor(file, request.headers['accept-encoding']);
  if (encoding) void reply.header('content-encoding', encoding);
  return reply.type(file.type).send((encoding && file.compressed.get(encoding)) ?? file.bytes);
}
