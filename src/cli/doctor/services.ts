import { QdrantClient } from '../../collections/adapters/qdrant/qdrant-client';
import { QdrantProbe } from '../../collections/adapters/qdrant/qdrant-probe';
import { PeerTls } from '../../common/tls';
import type { Configuration } from '../../config/configuration';
import { OpenAiEmbeddingProvider } from '../../embeddings/adapters/openai/openai.embedding-provider';
import { readModelFolder } from '../../embeddings/adapters/transformers/model-folder';
import { KafkaEventBroker } from '../../events/adapters/kafka/kafka.event-broker';
import { S3FileStore } from '../../files/adapters/s3/s3.file-store';
import { plural } from '../output/format';
import { fault, ok, skipped, type Finding } from './finding';
import { latencyFinding } from './postgres';
import { medianMs, within } from './within';

const CALLS = 3;
/** A key that no file has: its absence is an answer, too. */
const NO_KEY = 'canary/doctor';

/** Each attached service but Postgres, side by side, by the calls that the product makes. Nothing is written. */
export async function serviceFindings(settings: Configuration, timeoutMs: number): Promise<readonly Finding[]> {
  const findings = await Promise.all([
    qdrant(settings, timeoutMs),
    objectStore(settings, timeoutMs),
    broker(settings, timeoutMs),
    embeddings(settings, timeoutMs),
  ]);
  return findings.flat();
}

async function qdrant({ qdrant: given }: Configuration, timeoutMs: number): Promise<readonly Finding[]> {
  const { urls, apiKey, prefix } = given;
  if (urls === undefined) return [skipped('qdrant', 'ZERODB_QDRANT_URL is not set')];
  const client = new QdrantClient({ urls, apiKey, tls: PeerTls.of(given) });
  const advice = 'Check ZERODB_QDRANT_URL and ZERODB_QDRANT_API_KEY, and that it runs. pgvector serves meanwhile.';
  try {
    return await within('qdrant', timeoutMs, advice, async (signal) => {
      const probe = new QdrantProbe(client, prefix);
      const { version, mark } = await probe.probe(signal);
      const latency = await medianMs(CALLS, () => probe.probe(signal));
      const state = mark === undefined ? 'empty: it will be filled from Postgres' : 'filled';
      return [ok('qdrant', `${version}, ${state}`), latencyFinding('qdrant.latency', latency)];
    });
  } finally {
    void client.close();
  }
}

async function objectStore({ s3 }: Configuration, timeoutMs: number): Promise<readonly Finding[]> {
  const { endpoint, accessKey = '', secretKey = '', region, bucket } = s3;
  if (endpoint === undefined) return [skipped('object_store', 'ZERODB_S3_ENDPOINT is not set')];
  const store = new S3FileStore({ endpoint, accessKey, secretKey, region, bucket, tls: PeerTls.of(s3) });
  const advice =
    'Check ZERODB_S3_ENDPOINT, the keys and the bucket, and that it runs. Uploads wait in Postgres meanwhile.';
  try {
    return await within('object_store', timeoutMs, advice, async (signal) => {
      const latency = await medianMs(CALLS, () => store.stat(NO_KEY, signal));
      return [ok('object_store', `bucket ${bucket}`), latencyFinding('object_store.latency', latency)];
    });
  } finally {
    store.close();
  }
}

async function broker({ kafka }: Configuration, timeoutMs: number): Promise<readonly Finding[]> {
  if (kafka.brokers === undefined) return [skipped('broker', 'ZERODB_KAFKA_BROKERS is not set')];
  const { saslMechanism: mechanism, saslUsername: username = '', saslPassword: password = '' } = kafka;
  const client = new KafkaEventBroker({
    brokers: kafka.brokers.split(','),
    clientId: kafka.clientId,
    tls: kafka.tls === 'on',
    peerTls: PeerTls.of(kafka),
    sasl: mechanism && { mechanism, username, password },
  });
  const advice = 'Check ZERODB_KAFKA_BROKERS, TLS and the login, and that it runs. Events wait in Postgres meanwhile.';
  try {
    return await within('broker', timeoutMs, advice, async (signal) => {
      const { brokers } = await client.describe([], signal);
      const latency = await medianMs(CALLS, () => client.describe([], signal));
      return [ok('broker', plural(brokers, 'broker')), latencyFinding('broker.latency', latency)];
    });
  } finally {
    void client.close().catch(() => undefined);
  }
}

async function embeddings({ embeddings: given }: Configuration, timeoutMs: number): Promise<readonly Finding[]> {
  const { provider, model, modelsDir, url = '', apiKey, dimension = 0 } = given;
  if (provider === 'local') {
    const folder = readModelFolder(modelsDir, model);
    if (folder !== undefined) return [ok('embeddings', `${model}, ${folder.model.dimension} dimensions, local`)];
    const advice = 'Check ZERODB_MODELS_DIR and ZERODB_EMBEDDINGS_MODEL: the server does not start without it.';
    return [fault('embeddings', `there is no complete model "${model}" in ${modelsDir}`, advice)];
  }
  const options = { baseUrl: url, apiKey, model, dimension, timeoutMs, batchSize: 1, tls: PeerTls.of(given) };
  const endpoint = new OpenAiEmbeddingProvider(options);
  const advice = 'Check ZERODB_EMBEDDINGS_URL, its key and the model. Searches go by words meanwhile.';
  try {
    return await within('embeddings', timeoutMs, advice, async (signal) => {
      const latency = await medianMs(1, () => endpoint.check(signal));
      return [ok('embeddings', `${model}, ${latency} ms`)];
    });
  } finally {
    void endpoint.close();
  }
}
