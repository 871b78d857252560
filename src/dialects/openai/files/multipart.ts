import type { IncomingMessage } from 'node:http';
import { Busboy, type BusboyFileStream, type BusboyInstance } from '@fastify/busboy';
import { asError } from '../../../common/as-error';
import { invalidRequest } from '../errors';

/** A file of a form as it arrives. */
export interface FormFile {
  readonly filename: string;
  readonly mimeType: string;
  readonly bytes: AsyncIterable<Buffer>;
}

/** The fields of a form, and what was made of its file. */
export interface ReadForm<T> {
  readonly fields: ReadonlyMap<string, string>;
  readonly file: T | undefined;
}

/** Bounds of everything but the file, whose consumer bounds it. */
const LIMITS = {
  fieldNameSize: 100,
  fieldSize: 8 * 1024,
  fields: 16,
  files: 1,
  parts: 18,
  headerPairs: 32,
  headerSize: 16 * 1024,
};

const badForm = (what: string) => invalidRequest(`The form is malformed: ${what}.`);

/**
 * Reads a form with one file, named `file`, that `store` takes as it comes. Fields may come after it. When the form is no
 * good, or breaks off, the file's stream fails as well; what `store` has made by then is given to `discard`.
 */
export async function readForm<T>(
  headers: IncomingMessage['headers'],
  source: AsyncIterable<Buffer>,
  store: (file: FormFile) => Promise<T>,
  discard: (made: T) => Promise<void>,
): Promise<ReadForm<T>> {
  const reader = new FormReader(headers, store);
  try {
    await reader.read(source);
    return { fields: reader.fields, file: await reader.stored };
  } catch (error) {
    await reader.fail(error).then((made) => (made === undefined ? undefined : discard(made)));
    throw error;
  }
}

class FormReader<T> {
  readonly fields = new Map<string, string>();
  stored: Promise<T> | undefined;
  private readonly parser: BusboyInstance;
  private stream: BusboyFileStream | undefined;
  private failure: Error | undefined;
  private readonly ended: Promise<void>;
  private wake: () => void = () => undefined;

  constructor(
    headers: IncomingMessage['headers'],
    private readonly store: (file: FormFile) => Promise<T>,
  ) {
    this.parser = parserOf(headers);
    this.ended = new Promise((resolve) => {
      this.wake = resolve;
      this.parser.once('finish', resolve);
    });
    this.parser.on('error', (error) =>
      this.stop(badForm(error instanceof Error ? error.message : 'it cannot be read')),
    );
    this.parser.on('file', (name, stream, filename, _encoding, mimeType) =>
      this.take(name, stream, { filename, mimeType }),
    );
    this.parser.on('field', (name, value, isNameCut, isValueCut) => {
      if (isNameCut || isValueCut) this.stop(badForm('a field is too long'));
      else if (this.fields.has(name)) this.stop(badForm('a field is there twice'));
      else this.fields.set(name, value);
    });
    for (const event of ['partsLimit', 'fieldsLimit', 'filesLimit'] as const)
      this.parser.on(event, () => this.stop(badForm('it has too many parts')));
  }

  async read(source: AsyncIterable<Buffer>): Promise<void> {
    for await (const chunk of source) {
      if (!this.parser.write(chunk)) await this.drained();
      if (this.failure !== undefined) throw this.failure;
    }
    this.parser.end();
    await this.ended;
    if (this.failure !== undefined) throw this.failure;
  }

  /** Ends the file's stream, and waits for its consumer: what it made all the same. */
  async fail(error: unknown): Promise<T | undefined> {
    this.failure ??= asError(error);
    // What the parser finds in the rest changes nothing.
    this.parser.on('error', () => undefined);
    this.stream?.destroy(this.failure);
    this.parser.destroy();
    return await this.stored?.catch(() => undefined);
  }

  private take(name: string, stream: BusboyFileStream, about: Omit<FormFile, 'bytes'>): void {
    // Until somebody reads it, a fault of the stream would end the process.
    stream.on('error', () => undefined);
    if (name !== 'file') {
      stream.resume();
      return this.stop(
        invalidRequest(`Unknown parameter: '${name.slice(0, 100)}'.`, name.slice(0, 100), 'unknown_parameter'),
      );
    }
    this.stream = stream;
    this.stored = this.store({ ...about, bytes: stream as AsyncIterable<Buffer> });
    this.stored.catch((error: unknown) => this.stop(error));
  }

  private stop(error: unknown): void {
    this.failure ??= asError(error);
    this.wake();
    this.parser.emit('drain');
  }

  private async drained(): Promise<void> {
    if (this.failure !== undefined) return;
    await new Promise<void>((resolve) => this.parser.once('drain', resolve));
  }
}

const parserOf = (headers: IncomingMessage['headers']): BusboyInstance => {
  try {
    return new Busboy({ headers: { ...headers, 'content-type': headers['content-type'] ?? '' }, limits: LIMITS });
  } catch (error) {
    throw badForm(error instanceof Error ? error.message : 'its header cannot be read');
  }
};
