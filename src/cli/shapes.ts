import type { Body } from '../client';

type SentRecord = Body<'put', '/v1/collections/{collection}/records'>['records'][number];

/** A record that the ingest makes: it always has an id, a text and metadata. */
export type RecordInput = SentRecord & {
  readonly id: string;
  readonly text: string;
  readonly metadata: NonNullable<SentRecord['metadata']>;
};
