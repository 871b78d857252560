import { seconds } from '../paging';

export const STATUSES = ['in_progress', 'completed', 'failed', 'cancelled'] as const;
export type AttachmentStatus = (typeof STATUSES)[number];

export type FileCounts = Readonly<Record<AttachmentStatus | 'total', number>>;

export interface VectorStore {
  readonly id: string;
  readonly name: string | null;
  readonly description: string | null;
  readonly metadata: Readonly<Record<string, string>>;
  readonly expires_after_days: number | null;
  readonly expires_at: Date | null;
  readonly last_active_at: Date;
  readonly created_at: Date;
  readonly is_expired: boolean;
}

export interface StoreUsage {
  readonly counts: FileCounts;
  readonly usageBytes: number;
}

export type Attribute = string | number | boolean;
export type Attributes = Readonly<Record<string, Attribute>>;

/** A file in a vector store. */
export interface Attachment {
  /** Of its place in the store; clients know it by `file_id`. */
  readonly id: string;
  readonly store_id: string;
  readonly file_id: string;
  readonly status: AttachmentStatus;
  readonly attributes: Attributes;
  readonly attributes_version: number;
  readonly chunk_tokens: number;
  readonly overlap_tokens: number;
  /** Chunks that the collection may have of it: those from 0 on. */
  readonly chunks: number;
  readonly usage_bytes: number;
  readonly last_error: { readonly code: string; readonly message: string } | null;
  readonly created_at: Date;
}

export interface Batch {
  readonly id: string;
  readonly store_id: string;
  readonly cancelled_at: Date | null;
  readonly created_at: Date;
}

export const NO_FILES: FileCounts = { in_progress: 0, completed: 0, failed: 0, cancelled: 0, total: 0 };

type Presented = Record<string, unknown> & { readonly id: string };

export const presentStore = (store: VectorStore, { counts, usageBytes }: StoreUsage): Presented => ({
  id: store.id,
  object: 'vector_store',
  created_at: seconds(store.created_at),
  name: store.name,
  description: store.description,
  usage_bytes: usageBytes,
  file_counts: counts,
  status: store.is_expired ? 'expired' : counts.in_progress > 0 ? 'in_progress' : 'completed',
  expires_after:
    store.expires_after_days === null ? null : { anchor: 'last_active_at', days: store.expires_after_days },
  expires_at: store.expires_at && seconds(store.expires_at),
  last_active_at: seconds(store.last_active_at),
  metadata: store.metadata,
});

export const presentAttachment = (attachment: Attachment): Presented => ({
  id: attachment.file_id,
  object: 'vector_store.file',
  created_at: seconds(attachment.created_at),
  usage_bytes: attachment.usage_bytes,
  vector_store_id: attachment.store_id,
  status: attachment.status,
  last_error: attachment.last_error,
  chunking_strategy: {
    type: 'static',
    static: {
      max_chunk_size_tokens: attachment.chunk_tokens,
      chunk_overlap_tokens: attachment.overlap_tokens,
    },
  },
  attributes: attachment.attributes,
});

export const presentBatch = (batch: Batch, counts: FileCounts): Presented => ({
  id: batch.id,
  object: 'vector_store.files_batch',
  created_at: seconds(batch.created_at),
  vector_store_id: batch.store_id,
  status: batch.cancelled_at ? 'cancelled' : counts.in_progress > 0 ? 'in_progress' : 'completed',
  file_counts: counts,
});
