/** Large enough for most answers, small enough that a long one is never held twice in memory. */
const POST_BYTES = 1024 * 1024;

/**
 * Collects the engine's output into messages for the calling thread. The engine reuses its output memory, so every
 * piece is copied.
 */
export class AnswerBuffer {
  private pieces: Uint8Array[] = [];
  private size = 0;

  constructor(private readonly post: (bytes: Uint8Array) => void) {}

  add(bytes: Uint8Array): void {
    this.pieces.push(bytes.slice());
    this.size += bytes.length;
    if (this.size >= POST_BYTES) this.flush();
  }

  /** Posts the rest of an answer. */
  flush(): void {
    if (this.size === 0) return;
    const whole = new Uint8Array(this.size);
    let at = 0;
    for (const piece of this.pieces) {
      whole.set(piece, at);
      at += piece.length;
    }
    this.pieces = [];
    this.size = 0;
    this.post(whole);
  }
}
