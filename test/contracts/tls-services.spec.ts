import { setTimeout as sleep } from 'node:timers/promises';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { Client } from 'minio';
import { QdrantClient } from '../../src/collections/adapters/qdrant/qdrant-client';
import { PeerTls } from '../../src/common/tls';
import { ServerDatabase } from '../../src/database/server/server-database';
import { OpenAiEmbeddingProvider } from '../../src/embeddings/adapters/openai/openai.embedding-provider';
import { KafkaEventBroker } from '../../src/events/adapters/kafka/kafka.event-broker';
import { S3FileStore } from '../../src/files/adapters/s3/s3.file-store';
import { OpenAiChatModel } from '../../src/memory/adapters/openai/openai.chat-model';
import { inFiles, TestAuthority, type Issued } from '../support/certificates';
import { eventually } from '../support/eventually';
import { firstS3 } from '../support/s3';
import { describeWith, services } from '../support/services';
import { openTlsTerminator, type TlsTerminator } from '../support/tls-terminator';

/** The services are real; TLS in front of them is the test's. */
let authority: TestAuthority;
let stranger: TestAuthority;
let issued: Issued;
let files: Readonly<Record<'ca' | 'wrong' | 'cert' | 'key', string>>;

beforeAll(async () => {
  [authority, stranger] = [await TestAuthority.create(), await TestAuthority.create('Stranger')];
  issued = await authority.issue();
  const own = await authority.issue({ hosts: ['zerodb'] });
  files = inFiles({ ca: authority.pem, wrong: stranger.pem, cert: own.cert, key: own.key });
});

const trusting = (): PeerTls => new PeerTls({ caFile: files.ca });
const wrong = (): PeerTls => new PeerTls({ caFile: files.wrong });
const soon = (): AbortSignal => AbortSignal.timeout(10_000);
const portOf = (address: string, fallback: number): number => Number(new URL(address).port || fallback);

const opened: TlsTerminator[] = [];
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
});

const inFront = async (
  address: string,
  port: number,
  options: { readonly mutual?: boolean; readonly protocol?: 'plain' | 'postgres' } = {},
): Promise<TlsTerminator> => {
  const mutual = options.mutual ? { requestCert: true, rejectUnauthorized: true, ca: authority.pem } : {};
  const target = { host: new URL(address).hostname, port: portOf(address, port) };
  const terminator = await openTlsTerminator({ ...issued, ...mutual }, target, options.protocol);
  opened.push(terminator);
  return terminator;
};

describeWith(services.postgresUrl)('Postgres over TLS', () => {
  const urlAt = (port: number, query = '', host = '127.0.0.1'): string => {
    const url = new URL(services.postgresUrl ?? '');
    [url.hostname, url.port, url.search] = [host, String(port), query];
    return url.href;
  };
  const front = (mutual = false) => inFront(services.postgresUrl ?? '', 5432, { mutual, protocol: 'postgres' });
  const ping = async (url: string, tls?: PeerTls): Promise<void> => {
    const database = new ServerDatabase({ url, tls });
    await database.ping(soon()).finally(() => database.close());
  };

  it.each(['', '?sslmode=require', '?sslmode=verify-full'])(
    'checks the server against the CA file (%p)',
    async (query) => {
      const { port, accepted } = await front();
      await ping(urlAt(port, query), trusting());
      await ping(urlAt(port, query, 'localhost'), trusting());
      expect(accepted()).toBe(2);
    },
  );

  it('takes the CA file from the sslrootcert of the URL', async () => {
    const { port, accepted } = await front();
    await ping(urlAt(port, `?sslmode=verify-full&sslrootcert=${encodeURIComponent(files.ca)}`, 'localhost'));
    expect(accepted()).toBe(1);
  });

  it('refuses a server of another authority, as unavailable', async () => {
    const { port } = await front();
    await expect(ping(urlAt(port), wrong())).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('shows its own certificate where the server asks for one', async () => {
    const { port, accepted } = await front(true);
    await ping(urlAt(port), new PeerTls({ caFile: files.ca, certFile: files.cert, keyFile: files.key }));
    expect(accepted()).toBe(1);
    await expect(ping(urlAt(port), trusting())).rejects.toBeDefined();
  });
});

describeWith(services.qdrantUrl)('Qdrant over TLS', () => {
  it('checks the server, shows a certificate, and refuses another authority', async () => {
    const { port } = await inFront(services.qdrantUrl ?? '', 6333, { mutual: true });
    const call = { method: 'GET' as const, path: '/collections', signal: soon() };
    const asked = async (tls: PeerTls): Promise<unknown> => {
      const client = new QdrantClient({ urls: [`https://127.0.0.1:${port}`], tls });
      return await client.call(call).finally(() => client.close());
    };
    const full = new PeerTls({ caFile: files.ca, certFile: files.cert, keyFile: files.key });
    await expect(asked(full)).resolves.toHaveProperty('collections');
    await expect(asked(wrong())).rejects.toMatchObject({ kind: 'tls' });
    await expect(asked(trusting())).rejects.toBeDefined();
  });

  it('uses a CA file that was replaced for the next connection', async () => {
    const { port } = await inFront(services.qdrantUrl ?? '', 6333);
    const { ca } = inFiles({ ca: stranger.pem });
    const client = new QdrantClient({ urls: [`https://localhost:${port}`], tls: new PeerTls({ caFile: ca }) });
    const call = (): Promise<unknown> => client.call({ method: 'GET', path: '/collections', signal: soon() });
    await expect(call()).rejects.toMatchObject({ kind: 'tls' });
    writeFileSync(ca, authority.pem + stranger.pem);
    await sleep(1_100);
    await expect(call()).resolves.toHaveProperty('collections');
    await client.close();
  });
});

describeWith(firstS3)('an object store over TLS', () => {
  it('checks the server, shows a certificate, and refuses another authority', async () => {
    const { endpoint = '', accessKey = '', secretKey = '' } = firstS3 ?? {};
    const { port } = await inFront(endpoint, 9000, { mutual: true });
    const asked = async (tls: PeerTls): Promise<void> => {
      const location = { endpoint: `https://127.0.0.1:${port}`, accessKey, secretKey };
      const store = new S3FileStore({ ...location, region: 'us-east-1', bucket: 'tls-of-tests', tls });
      await store.prepare(soon());
      await store.put('a', Buffer.from('secret'), soon());
      store.close();
    };
    await asked(new PeerTls({ caFile: files.ca, certFile: files.cert, keyFile: files.key }));
    await expect(asked(wrong())).rejects.toMatchObject({ kind: 'tls' });
    const { hostname, port: plainPort } = new URL(endpoint);
    const plain = new Client({ endPoint: hostname, port: Number(plainPort), useSSL: false, accessKey, secretKey });
    await plain.removeObject('tls-of-tests', 'a');
    await plain.removeBucket('tls-of-tests');
  });
});

describeWith(services.kafkaBrokers)('a broker over TLS', () => {
  it('checks the server against the CA file, and refuses another authority', async () => {
    const { port, accepted } = await inFront(`tcp://${services.kafkaBrokers?.split(',')[0]}`, 9092);
    const brokerWith = (peerTls: PeerTls): KafkaEventBroker =>
      new KafkaEventBroker({ brokers: [`localhost:${port}`], clientId: 'tls', tls: true, peerTls });
    // The broker itself advertises its plain address: the first connection is all that is over TLS here.
    await brokerWith(trusting())
      .describe([], AbortSignal.timeout(3_000))
      .catch(() => undefined);
    expect(accepted()).toBeGreaterThan(0);
    const before = accepted();
    await expect(brokerWith(wrong()).describe([], soon())).rejects.toMatchObject({ service: 'broker' });
    expect(accepted()).toBe(before);
  });

  it('takes over a CA file that was replaced', async () => {
    const { port, accepted } = await inFront(`tcp://${services.kafkaBrokers?.split(',')[0]}`, 9092);
    const { ca } = inFiles({ ca: stranger.pem });
    const peerTls = new PeerTls({ caFile: ca });
    const broker = new KafkaEventBroker({ brokers: [`localhost:${port}`], clientId: 'tls', tls: true, peerTls });
    await expect(broker.describe([], soon())).rejects.toMatchObject({ service: 'broker' });
    expect(accepted()).toBe(0);
    writeFileSync(ca, authority.pem);
    const ask = async (): Promise<number> => {
      await broker.describe([], AbortSignal.timeout(1_000)).catch(() => undefined);
      return accepted();
    };
    expect(await eventually(ask, Boolean, 20_000)).toBeGreaterThan(0);
    await broker.close();
  });
});

describe('endpoints of models over TLS', () => {
  let url: string;
  let close: () => void;

  beforeAll(async () => {
    const answers = {
      '/v1/embeddings': { data: [{ index: 0, embedding: [1, 0] }] },
      '/v1/chat/completions': { choices: [{ message: { content: 'yes' } }] },
    };
    const server = createServer(issued, (request, response) => {
      request.resume();
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(answers[request.url as keyof typeof answers]));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `https://localhost:${(server.address() as AddressInfo).port}/v1`;
    close = () => void server.close(() => undefined);
  });
  afterAll(() => close());

  const embeddings = (tls?: PeerTls): OpenAiEmbeddingProvider =>
    new OpenAiEmbeddingProvider({ baseUrl: url, model: 'm', dimension: 2, timeoutMs: 5_000, batchSize: 8, tls });
  const chat = (tls?: PeerTls): OpenAiChatModel => new OpenAiChatModel({ url, model: 'm', timeoutMs: 5_000, tls });

  it('are checked against the CA file', async () => {
    await expect(embeddings(trusting()).check(soon())).resolves.toBeUndefined();
    await expect(chat(trusting()).complete([{ role: 'user', content: 'ok?' }], soon())).resolves.toBe('yes');
  });

  it('are refused when they are of another authority, or of none that Node knows', async () => {
    for (const tls of [wrong(), undefined]) {
      await expect(embeddings(tls).check(soon())).rejects.toMatchObject({ service: 'embeddings' });
      await expect(chat(tls).complete([{ role: 'user', content: 'ok?' }], soon())).rejects.toMatchObject({
        service: 'llm',
      });
    }
  });
});
