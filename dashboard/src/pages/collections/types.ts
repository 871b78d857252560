import type { Collection, StoredRecord } from '../../api/types';

export type { Collection, CollectionConsistency as Consistency, StoredRecord } from '../../api/types';
export type MetadataIndex = Collection['indexes'][number];
export type Metadata = NonNullable<StoredRecord['metadata']>;

/** A filter in the API's own language. */
export type Filter = Readonly<Record<string, unknown>>;
