import { isObject } from '../../common/filter/values';
import type { Metric } from '../../collections/metric';
import { badArgument } from './errors';
import type { CreateBody } from './schemas';

export const SPACES = ['l2', 'cosine', 'ip'] as const;
export type Space = (typeof SPACES)[number];

export const METRIC_OF: Readonly<Record<Space, Metric>> = { l2: 'euclid', cosine: 'cosine', ip: 'dot' };

/** Chroma's distance from ZeroDB's score: l2 is squared, the others count from 1. */
export const DISTANCE_OF: Readonly<Record<Space, (score: number) => number>> = {
  l2: (score) => score * score,
  cosine: (score) => 1 - score,
  ip: (score) => 1 - score,
};

export type Configuration = Record<string, unknown>;

/** What Chroma says of an index that nobody tuned. */
const DEFAULTS = { ef_construction: 100, ef_search: 100, max_neighbors: 16, resize_factor: 1.2, sync_threshold: 1_000 };
const INDEX_KEYS = [...Object.keys(DEFAULTS), 'num_threads', 'batch_size'];
const MAX_CONFIGURATION_BYTES = 64 * 1024;

/** How the index is to be, as clients of any version say it. Only the space has an effect; the rest is told again. */
export const configurationOf = (body: CreateBody): { space: Space; configuration: Configuration } => {
  const index = indexIn(body.configuration);
  const space = index['space'] ?? spaceInSchema(body.schema) ?? body.metadata?.['hnsw:space'] ?? 'l2';
  if (!isSpace(space)) throw badArgument(`Expected space to be one of ${SPACES.join(', ')}`);
  const configuration = {
    hnsw: { space, ...DEFAULTS, ...picked(index) },
    spann: null,
    embedding_function: body.configuration?.['embedding_function'] ?? null,
  };
  mustFit(configuration);
  return { space, configuration };
};

/** The configuration after a change. What a collection measures by stays. */
export const reconfigured = (known: Configuration, change: Configuration): Configuration => {
  const { hnsw } = known;
  const configuration = {
    ...known,
    hnsw: { ...(isObject(hnsw) ? hnsw : {}), ...picked(indexIn(change)) },
    ...(change['embedding_function'] ? { embedding_function: change['embedding_function'] } : {}),
  };
  mustFit(configuration);
  return configuration;
};

const indexIn = (configuration: CreateBody['configuration']): Configuration => {
  const { hnsw, spann } = configuration ?? {};
  if (isObject(hnsw) && isObject(spann)) throw badArgument('hnsw and spann cannot both be provided');
  if (isObject(hnsw)) return hnsw;
  return isObject(spann) ? spann : {};
};

const picked = (index: Configuration): Configuration =>
  Object.fromEntries(INDEX_KEYS.flatMap((key) => (typeof index[key] === 'number' ? [[key, index[key]]] : [])));

/** Where a schema says it: `keys.#embedding.float_list.vector_index.config.space`. */
const spaceInSchema = (schema: CreateBody['schema']): unknown =>
  ['keys', '#embedding', 'float_list', 'vector_index', 'config', 'space'].reduce<unknown>(
    (part, key) => (isObject(part) ? part[key] : undefined),
    schema,
  ) ?? undefined;

const isSpace = (space: unknown): space is Space => SPACES.includes(space as Space);

const mustFit = (configuration: Configuration): void => {
  if (Buffer.byteLength(JSON.stringify(configuration)) <= MAX_CONFIGURATION_BYTES) return;
  throw badArgument(`A configuration has at most ${MAX_CONFIGURATION_BYTES} bytes`);
};
