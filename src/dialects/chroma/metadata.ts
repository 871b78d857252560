import { invalid } from '../../common/errors';
import { metadataFaults } from '../../common/filter';
import { isObject } from '../../common/filter/values';
import { badArgument, unsupported } from './errors';

type Metadata = Record<string, unknown>;

/** Where Chroma itself keeps the URI of a record. */
export const URI_KEY = 'chroma:uri';

/** Values of records and collections are scalars, or lists of them. What is null is left out, or removed by an update. */
export const mustBeMetadata = (metadata: Metadata): Metadata => {
  for (const [key, value] of Object.entries(metadata)) {
    if (isObject(value))
      throw unsupported(`A ${'#type' in value ? 'sparse vector' : 'object'} in metadata ("${key}") is`);
    if (Array.isArray(value) && (value.length === 0 || value.some((each) => typeof each === 'object'))) {
      throw badArgument(`Expected the metadata "${key}" to be a list of str, int, float, or bool`);
    }
  }
  return metadata;
};

export const withoutNulls = (metadata: Metadata): Metadata =>
  Object.fromEntries(Object.entries(metadata).filter(([, value]) => value !== null));

/** `null` for none. */
export const mustBeCollectionMetadata = (metadata: Metadata | null | undefined): Metadata | null => {
  if (metadata === null || metadata === undefined) return null;
  const kept = withoutNulls(mustBeMetadata(metadata));
  const faults = metadataFaults(kept, '/metadata');
  if (faults.length > 0) throw invalid('The metadata is invalid.', faults);
  return kept;
};

/** As it is shown: without the URI, and `null` where nothing is left. */
export const shownMetadata = (metadata: Metadata | undefined): Metadata | null => {
  const { [URI_KEY]: _uri, ...shown } = metadata ?? {};
  return Object.keys(shown).length === 0 ? null : shown;
};

export const uriIn = (metadata: Metadata | undefined): unknown => metadata?.[URI_KEY] ?? null;
