import type { ObjectWriter } from '../../file-store.port';

export interface MultipartUpload {
  /** Resolves with the part's entity tag. Numbers start at 1. */
  part(number: number, bytes: Buffer, signal: AbortSignal): Promise<string>;
  complete(etags: { part: number; etag: string }[], signal: AbortSignal): Promise<void>;
  abort(signal: AbortSignal): Promise<void>;
}

/** A multipart upload. */
export class S3Writer implements ObjectWriter {
  private readonly etags: { part: number; etag: string }[] = [];

  constructor(private readonly upload: MultipartUpload) {}

  async write(index: number, bytes: Buffer, signal: AbortSignal): Promise<void> {
    const part = index + 1;
    this.etags.push({ part, etag: await this.upload.part(part, bytes, signal) });
  }

  async complete(signal: AbortSignal): Promise<void> {
    await this.upload.complete(
      this.etags.sort((a, b) => a.part - b.part),
      signal,
    );
  }

  async abort(signal: AbortSignal): Promise<void> {
    await this.upload.abort(signal);
  }
}
