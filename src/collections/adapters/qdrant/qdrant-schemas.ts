/** The bodies and answers of Qdrant's REST API, as its own client for version 1.18 declares them (decision 24). */
export type { Schemas } from '@qdrant/js-client-rest' with { 'resolution-mode': 'import' };
