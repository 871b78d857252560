/** Large enough that most answers are one message, small enough that a long one is never held twice as a whole. */
const POST_BYTES = 1024 * 1024;

/**
 * Gathers what the engine writes into messages for the thread that asked. The engine writes from memory of its own and
 * writes there again, so every piece is copied.
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

  /** Posts what is left of an answer. */
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
