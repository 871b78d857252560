import { normalise, type SentenceEncoder } from './sentence-encoder';
import { tokenWindows } from './windows';

/** One pass of the model for a part of one text. */
export interface TextWindow {
  readonly job: EmbeddingJob;
  readonly text: number;
  readonly tokens: readonly number[];
}

/** How far a job looks ahead for windows of like length: enough to pad little, little enough not to hold the thread. */
const LOOKAHEAD_WINDOWS = 64;
const LOOKAHEAD_TOKENS = 2048;

/** One request: its windows are taken in steps, their vectors summed by text. */
export class EmbeddingJob {
  private readonly sums: Float32Array<ArrayBuffer>;
  private readonly source: Iterator<TextWindow>;
  private ahead: TextWindow[] = [];
  private inFlight = 0;
  private isDrained = false;

  constructor(
    readonly id: number,
    private readonly texts: readonly string[],
    private readonly encoder: SentenceEncoder,
  ) {
    this.sums = new Float32Array(texts.length * encoder.dimension);
    this.source = this.windows();
  }

  /** Takes windows, shortest first, for as long as `fits` accepts the next one. */
  take(fits: (window: TextWindow) => boolean): TextWindow[] {
    if (this.ahead.length === 0) this.lookAhead();
    let count = 0;
    while (count < this.ahead.length && fits(this.ahead[count] as TextWindow)) count++;
    const taken = this.ahead.splice(0, count);
    this.inFlight += taken.length;
    if (this.ahead.length === 0 && !this.isDrained) this.lookAhead();
    return taken;
  }

  /** Adds a window's vector to its text's sum, weighted by the window's length. */
  add(window: TextWindow, vector: Float32Array): void {
    const row = this.sums.subarray(window.text * vector.length, (window.text + 1) * vector.length);
    const weight = Math.max(1, window.tokens.length);
    for (let index = 0; index < row.length; index++) row[index] = (row[index] ?? 0) + (vector[index] ?? 0) * weight;
    this.inFlight--;
  }

  get hasMore(): boolean {
    return this.ahead.length > 0 || !this.isDrained;
  }

  get isDone(): boolean {
    return !this.hasMore && this.inFlight === 0;
  }

  /** The vectors of all texts one after another, of unit length. */
  result(): Float32Array<ArrayBuffer> {
    const { dimension } = this.encoder;
    for (let from = 0; from < this.sums.length; from += dimension)
      normalise(this.sums.subarray(from, from + dimension));
    return this.sums;
  }

  private lookAhead(): void {
    for (let tokens = 0; this.ahead.length < LOOKAHEAD_WINDOWS && tokens < LOOKAHEAD_TOKENS;) {
      const next = this.source.next();
      if (next.done === true) {
        this.isDrained = true;
        break;
      }
      this.ahead.push(next.value);
      tokens += next.value.tokens.length;
    }
    this.ahead.sort((one, other) => one.tokens.length - other.tokens.length);
  }

  private *windows(): Generator<TextWindow, undefined> {
    const tokenise = (slice: string): readonly number[] => this.encoder.tokenise(slice);
    for (const [text, content] of this.texts.entries()) {
      for (const tokens of tokenWindows(content, this.encoder.windowTokens, tokenise))
        yield { job: this, text, tokens };
    }
    return undefined;
  }
}
