import { parsePath } from '../../../common/filter/path';
import type { Copy } from '../../../followers/follower-target.port';
import { FACTS, pathKey } from './fact-keys';
import { quantizationConfig } from './quantization';
import type { Schemas } from './qdrant-schemas';

const DISTANCES = { cosine: 'Cosine', dot: 'Dot', euclid: 'Euclid', manhattan: 'Manhattan' } as const;

/**
 * How a copy is made. The graph is Qdrant's default (m 16, ef_construct 100), written down so that a server with other
 * defaults builds the same. Strict mode is off: filters may ask fields without an index.
 */
export const copySettings = (copy: Copy): Schemas['CreateCollection'] => ({
  ...vectorSettings(copy),
  hnsw_config: { m: 16, ef_construct: 100 },
  on_disk_payload: true,
  strict_mode_config: { enabled: false },
});

/** With codes in memory the originals are needed for the last few candidates alone. */
function vectorSettings(copy: Copy): Pick<Schemas['CreateCollection'], 'vectors' | 'quantization_config'> {
  if (copy.dimension === 0) return { vectors: {} };
  const vectors = { size: copy.dimension, distance: DISTANCES[copy.metric] };
  const quantization_config = quantizationConfig(copy);
  return quantization_config ? { vectors: { ...vectors, on_disk: true }, quantization_config } : { vectors };
}

/** Describes why an existing collection does not match; `undefined` when it does. */
export function misfitOf(copy: Copy, { config }: Schemas['CollectionInfo']): string | undefined {
  const { size, distance } = config.params.vectors ?? {};
  if (copy.dimension === 0 && size === undefined) return undefined;
  if (size === copy.dimension && distance === DISTANCES[copy.metric]) return undefined;
  const isPlain = typeof size === 'number' && typeof distance === 'string';
  const found = isPlain ? `${size} dimensions and the distance ${distance}` : 'names or kinds that are not ours';
  return `holds vectors of ${found}, not of ${copy.dimension} and ${DISTANCES[copy.metric]}`;
}

/** The fields that filters look up, and how Qdrant is to index them. */
export function indexedFields(copy: Copy): ReadonlyMap<string, Schemas['PayloadFieldSchema']> {
  const fields = new Map<string, Schemas['PayloadFieldSchema']>([
    ['project', { type: 'integer', lookup: true, range: false }],
    ['version', { type: 'integer', lookup: true, range: true }],
    ['created_at', 'datetime'],
    ['updated_at', 'datetime'],
    [`${FACTS}.t`, 'keyword'],
    [`${FACTS}.w`, 'keyword'],
  ]);
  for (const { field, type } of copy.indexes) {
    // Strings and booleans are found by their tokens.
    if (type === 'number') fields.set(`${FACTS}.n.${keyOf(field)}`, 'float');
    if (type === 'datetime') fields.set(`${FACTS}.d.${keyOf(field)}`, 'datetime');
  }
  return fields;
}

function keyOf(field: string): string {
  const parsed = parsePath(field, []);
  if ('fault' in parsed || !('keys' in parsed.path)) throw new Error(`"${field}" is not a path in the metadata.`);
  return pathKey(parsed.path.keys);
}
