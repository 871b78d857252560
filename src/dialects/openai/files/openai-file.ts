import { seconds } from '../paging';

/** Purposes of files that clients upload. */
export const PURPOSES = ['assistants', 'batch', 'fine-tune', 'vision', 'user_data', 'evals'] as const;

/** The bucket that has the files: an ordinary one, made with the first. */
export const FILES_BUCKET = 'openai';

export interface OpenAiFile {
  readonly id: string;
  readonly filename: string;
  readonly purpose: string;
  readonly bytes: number;
  readonly created_at: Date;
  readonly expires_at: Date | null;
}

export const presentFile = (file: OpenAiFile): Record<string, unknown> & { readonly id: string } => ({
  id: file.id,
  object: 'file',
  bytes: file.bytes,
  created_at: seconds(file.created_at),
  ...(file.expires_at === null ? {} : { expires_at: seconds(file.expires_at) }),
  filename: file.filename,
  purpose: file.purpose,
  status: 'processed',
  status_details: null,
});
