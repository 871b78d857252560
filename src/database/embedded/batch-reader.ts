const SYNC = 'S'.charCodeAt(0);
const QUERY = 'Q'.charCodeAt(0);
const HEADER = 5;

/**
 * Splits the bytes that a client writes into batches that the engine answers as a whole: everything up to a Sync, or
 * one simple query. The first message, the startup packet, has no type byte and is answered without the engine.
 * Terminate is dropped.
 */
export class BatchReader {
  private pending: Buffer[] = [];
  private rest: Buffer = Buffer.alloc(0);
  private started = false;

  push(chunk: Buffer): ('startup' | Uint8Array)[] {
    const batches: ('startup' | Uint8Array)[] = [];
    this.rest = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    for (let message = this.take(); message; message = this.take()) {
      if (message === 'startup') batches.push(message);
      else if (this.collect(message)) batches.push(this.flush());
    }
    return batches;
  }

  private take(): Buffer | 'startup' | undefined {
    const offset = this.started ? 1 : 0;
    if (this.rest.length < offset + 4) return undefined;
    const length = offset + this.rest.readUInt32BE(offset);
    if (this.rest.length < length) return undefined;
    const message = this.rest.subarray(0, length);
    this.rest = this.rest.subarray(length);
    if (this.started) return message;
    this.started = true;
    return 'startup';
  }

  /** Whether `message` completes the batch. */
  private collect(message: Buffer): boolean {
    const type = message[0];
    if (message.length === HEADER && type === 'X'.charCodeAt(0)) return false;
    this.pending.push(message);
    return type === SYNC || type === QUERY;
  }

  /** A copy, because its memory is transferred to the worker. */
  private flush(): Uint8Array {
    const size = this.pending.reduce((sum, message) => sum + message.length, 0);
    const batch = new Uint8Array(size);
    let at = 0;
    for (const message of this.pending) {
      batch.set(message, at);
      at += message.length;
    }
    this.pending = [];
    return batch;
  }
}
