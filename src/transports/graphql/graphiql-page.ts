import { createReadStream } from 'node:fs';
import path from 'node:path';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { methodNotAllowed } from '../../common/errors';
import { serverConfig, type ServerSettings } from '../../config';

/** Scripts from here alone. GraphiQL's editor writes `<style>` elements at run time, so styles cannot be as strict. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; " +
  "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const PAGE = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>ZeroDB GraphQL</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,"><link rel="stylesheet" href="/graphql/graphiql.min.css">
<link rel="stylesheet" href="/graphql/page.css"></head>
<body><div id="graphiql"></div>
<script src="/graphql/react.production.min.js"></script>
<script src="/graphql/react-dom.production.min.js"></script>
<script src="/graphql/graphiql.min.js"></script>
<script src="/graphql/start.js"></script></body></html>
`;

const PAGE_CSS = 'body { margin: 0 } #graphiql { height: 100dvh }\n';

/** Keys are typed into the headers' tab and never stored. */
const START = `const HINT = '# The headers below take the key: {"authorization": "Bearer zdb_…"}\\n\\n{\\n  status { version engine project }\\n}\\n';
ReactDOM.createRoot(document.getElementById('graphiql')).render(React.createElement(GraphiQL, {
  fetcher: GraphiQL.createFetcher({ url: '/graphql' }),
  defaultQuery: HINT,
  shouldPersistHeaders: false,
  isHeadersEditorEnabled: true,
}));
`;

const JS = 'text/javascript; charset=utf-8';
const CSS = 'text/css; charset=utf-8';

/** Where each file comes from: a package that is installed here, and its path in it. */
const FILES: Readonly<Record<string, readonly [string, string, string]>> = {
  'graphiql.min.js': ['graphiql', 'graphiql.min.js', JS],
  'graphiql.min.css': ['graphiql', 'graphiql.min.css', CSS],
  'react.production.min.js': ['react', 'umd/react.production.min.js', JS],
  'react-dom.production.min.js': ['react-dom', 'umd/react-dom.production.min.js', JS],
};

/** GraphiQL at `GET /graphql`, from files of the installed packages; not in production. */
@Injectable()
export class GraphiqlPage implements OnModuleInit {
  constructor(
    private readonly host: HttpAdapterHost,
    @Inject(serverConfig.KEY) private readonly server: ServerSettings,
  ) {}

  onModuleInit(): void {
    if (this.server.production) return;
    const fastify = this.host.httpAdapter.getInstance<FastifyInstance>();
    fastify.get('/graphql', page);
    fastify.get('/graphql/start.js', (_request, reply) => as(reply, JS).send(START));
    fastify.get('/graphql/page.css', (_request, reply) => as(reply, CSS).send(PAGE_CSS));
    for (const [name, [owner, file, type]] of Object.entries(FILES)) {
      fastify.get(`/graphql/${name}`, (_request, reply) => as(reply, type).send(createReadStream(fileOf(owner, file))));
    }
  }
}

/** Queries come by POST: in an address they would be logged and remembered. */
const page = (request: FastifyRequest, reply: FastifyReply): FastifyReply => {
  if (request.headers.accept?.includes('text/html')) return as(reply, 'text/html; charset=utf-8').send(PAGE);
  throw methodNotAllowed(request.method, '/graphql', ['POST']);
};

const as = (reply: FastifyReply, type: string): FastifyReply =>
  reply.headers({ 'content-type': type, 'content-security-policy': POLICY, 'cache-control': 'no-cache' });

const fileOf = (owner: string, file: string): string =>
  path.join(path.dirname(require.resolve(`${owner}/package.json`)), file);
