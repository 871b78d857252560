import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import pino from 'pino';
import { Agent, request } from 'undici';
import { BackgroundWork } from '../../src/common/background-work';
import { ServiceFault } from '../../src/common/service-fault';
import { RegistryMetrics } from '../../src/registry/registry-metrics';
import type { ServiceGate, Transition } from '../../src/registry/service';
import { WatchingRegistry } from '../../src/registry/watching-registry';
import { Metrics } from '../../src/telemetry/metrics';
import { eventually } from '../support/eventually';
import { describeWith, services } from '../support/services';
import { ToxicProxy } from '../support/toxiproxy';

const { toxiproxyUrl = '' } = services;

/** Real here: time, sockets, HTTP, the whole registry. Fake: the service, which answers 200, late, or 500. */
describeWith(toxiproxyUrl)('the registry, over a network that fails', () => {
  let server: Server;
  let proxy: ToxicProxy;
  let agent: Agent;
  let metrics: Metrics;
  let registry: WatchingRegistry;
  let gate: ServiceGate;
  let answer = { status: 200, afterMs: 0 };
  const transitions: Transition[] = [];

  beforeAll(async () => {
    server = createServer((_, response) => {
      setTimeout(() => response.writeHead(answer.status).end('{}'), answer.afterMs);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    proxy = await ToxicProxy.create(toxiproxyUrl, `127.0.0.1:${(server.address() as AddressInfo).port}`);
    agent = new Agent({ connections: 20 });
  });

  // A registry for each test: one that was tripped often lets its services back in later.
  beforeEach(() => {
    transitions.length = 0;
    metrics = new Metrics();
    registry = new WatchingRegistry(pino({ level: 'silent' }), new RegistryMetrics(metrics), new BackgroundWork('all'));
    registry.onTransition((transition) => transitions.push(transition));
    gate = registry.register({
      name: 'qdrant',
      kind: 'scripted',
      endpoints: [`http://user:secret@${proxy.address}/?key=secret`],
      capabilities: [],
      probe: async (signal) => {
        await send(signal);
        return {};
      },
    });
  });

  afterEach(() => {
    registry.onModuleDestroy();
    metrics.onApplicationShutdown();
  });

  afterAll(async () => {
    await agent.destroy();
    await proxy.remove();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  const send = async (signal: AbortSignal): Promise<void> => {
    const url = `http://${proxy.address}/`;
    const sent = request(url, { dispatcher: agent, signal }).catch((cause: unknown) => {
      throw new ServiceFault('qdrant', 'reset', 'no connection', { cause });
    });
    const { statusCode, body } = await sent;
    await body.dump();
    if (statusCode !== 200) throw new ServiceFault('qdrant', 'server_error', `it answered ${statusCode}`);
  };

  const isIn = (): boolean => gate.admits('read');

  /** Twenty calls a second for as long as the test wants. */
  const load = (): { stop: () => void; slowest: () => number } => {
    let slowest = 0;
    const timer = setInterval(() => {
      const started = performance.now();
      void gate
        .run('read', send, { timeoutMs: 400 })
        .catch(() => undefined)
        .then(() => (slowest = Math.max(slowest, performance.now() - started)));
    }, 50);
    return { stop: () => clearInterval(timer), slowest: () => slowest };
  };

  it('shows no secret of an address', () => {
    expect(registry.view('qdrant').endpoints).toEqual([`http://${proxy.address}`]);
  });

  const FAULTS: [string, () => Promise<void>, () => Promise<void>][] = [
    ['refuses', () => proxy.setEnabled(false), () => proxy.setEnabled(true)],
    ['swallows everything', () => proxy.blackHole(), () => proxy.heal()],
    ['answers late', async () => void (answer = { status: 200, afterMs: 2_000 }), () => well()],
    ['answers 500', async () => void (answer = { status: 500, afterMs: 0 }), () => well()],
  ];
  const CASES = FAULTS.flatMap(([how, harm, heal]) => [
    { how, when: 'idle', harm, heal },
    { how, when: 'under load', harm, heal },
  ]);

  it.each(CASES)(
    'takes out a service that $how, $when, once, and has it back by itself',
    async ({ when, harm, heal }) => {
      await eventually(isIn, Boolean, 5_000);
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      const calls = when === 'idle' ? undefined : load();
      await harm();
      await eventually(() => !isIn(), Boolean, 20_000);
      await expect(gate.run('read', send, { timeoutMs: 400 })).rejects.toMatchObject({ kind: 'not_admitted' });
      await heal();
      await eventually(isIn, Boolean, 30_000);
      calls?.stop();
      // With what a timer may be late by on a machine that does other things too.
      expect(calls?.slowest() ?? 0).toBeLessThan(400 + 5_000);
      expect(transitions.filter(isLeaving)).toHaveLength(1);
    },
  );

  const isLeaving = ({ from, to }: Transition): boolean => ['up', 'suspect'].includes(from) && to === 'down';

  const well = async (): Promise<void> => void (answer = { status: 200, afterMs: 0 });
});
