import { createRequire } from 'node:module';
import type { QdrantClient as Client } from '@qdrant/js-client-rest' with { 'resolution-mode': 'import' };

/** Qdrant's own client. Its package has code for `require`, but types for `import` alone. */
const { QdrantClient } = createRequire(__filename)('@qdrant/js-client-rest') as { QdrantClient: typeof Client };

export type QdrantJsClient = Client;

export const qdrantJsClient = (url: string, apiKey: string): QdrantJsClient => new QdrantClient({ url, apiKey });
