import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { notFound } from '../../common/errors';
import { forgetUpgrades } from '../../common/upgrades';
import { sendProblem, type RestAdapter } from './http-adapter';

/** What machines ask of any process. */
const PATHS: ReadonlySet<string> = new Set(['/', '/health', '/livez', '/ready', '/readyz', '/health/deep', '/metrics']);

/** A process of the role `worker` has no doors but these, whichever transport made the others. */
export const closeDoors = (adapter: RestAdapter, logger: Logger): void => {
  adapter.getInstance<FastifyInstance>().addHook('onRequest', (request, reply, done) => {
    const path = request.url.split('?')[0] ?? '/';
    if (PATHS.has(path)) return done();
    sendProblem(notFound('route', path), request, reply, logger);
  });
};

/** The same for what would become a WebSocket. To be called when every transport has said what it listens to. */
export const closeUpgrades = (adapter: RestAdapter): void => {
  forgetUpgrades(adapter.getHttpServer());
};
