import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { packageVersion } from '../../config';
import { DocumentedEndpoints } from './documented-endpoints';
import { openApiDocument } from './openapi';

/** Scripts from here alone. Both viewers write `<style>` elements at run time, so styles cannot be as strict. */
const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; " +
  "connect-src 'self'; worker-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const page = (title: string, head: string, body: string): string =>
  `<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>${title}</title>` +
  `<meta name="viewport" content="width=device-width, initial-scale=1">${head}</head><body>${body}</body></html>\n`;

const SWAGGER_PAGE = page(
  'ZeroDB API',
  '<link rel="stylesheet" href="/docs/swagger-ui.css"><link rel="icon" href="/docs/favicon-32x32.png">',
  '<div id="swagger-ui"></div><script src="/docs/swagger-ui-bundle.js"></script><script src="/docs/start.js"></script>',
);

const SWAGGER_START = `window.ui = SwaggerUIBundle({ url: '/openapi.json', dom_id: '#swagger-ui', deepLinking: true, validatorUrl: null });\n`;

const REDOC_PAGE = page(
  'ZeroDB API',
  '',
  '<div id="redoc"></div><script src="/redoc/redoc.js"></script><script src="/redoc/start.js"></script>',
);

const REDOC_START = `Redoc.init('/openapi.json', { disableSearch: false, hideHostname: true }, document.getElementById('redoc'));\n`;

const JS = 'text/javascript; charset=utf-8';
const SWAGGER_FILES: Readonly<Record<string, string>> = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': JS,
  'favicon-32x32.png': 'image/png',
};

/** `/openapi.json`, and the two pages that show it, from files of the installed packages. */
@Injectable()
export class DocsPages implements OnModuleInit {
  private document: string | undefined;

  constructor(
    private readonly host: HttpAdapterHost,
    private readonly documented: DocumentedEndpoints,
  ) {}

  onModuleInit(): void {
    const fastify = this.host.httpAdapter.getInstance<FastifyInstance>();
    fastify.get('/openapi.json', (_request, reply) =>
      reply.type('application/json; charset=utf-8').send(this.openApi()),
    );
    this.addText(fastify, '/docs', 'text/html; charset=utf-8', SWAGGER_PAGE);
    this.addText(fastify, '/docs/start.js', JS, SWAGGER_START);
    this.addText(fastify, '/redoc', 'text/html; charset=utf-8', REDOC_PAGE);
    this.addText(fastify, '/redoc/start.js', JS, REDOC_START);
    fastify.get('/redoc/redoc.js', async (_request, reply) => asPage(reply, JS).send(await redocBundle()));
    for (const [file, type] of Object.entries(SWAGGER_FILES)) {
      fastify.get(`/docs/${file}`, (_request, reply) => asPage(reply, type).send(createReadStream(swaggerFile(file))));
    }
  }

  private openApi(): string {
    this.document ??= JSON.stringify(openApiDocument(this.documented.all(), packageVersion()));
    return this.document;
  }

  private addText(fastify: FastifyInstance, url: string, type: string, text: string): void {
    fastify.get(url, (_request, reply) => asPage(reply, type).send(text));
  }
}

const asPage = (reply: FastifyReply, type: string): FastifyReply =>
  reply.headers({ 'content-type': type, 'content-security-policy': PAGE_POLICY, 'cache-control': 'no-cache' });

const swaggerFile = (file: string): string =>
  path.join(path.dirname(require.resolve('swagger-ui-dist/package.json')), file);

/** Without the maker's logo, which the bundle would fetch from a foreign host. */
const redocBundle = async (): Promise<string> => {
  const file = path.join(path.dirname(require.resolve('redoc/package.json')), 'bundles', 'redoc.standalone.js');
  return (await readFile(file, 'utf8')).replaceAll(/https:\/\/cdn\.redoc\.ly\/[\w./-]+/g, 'data:,');
};
