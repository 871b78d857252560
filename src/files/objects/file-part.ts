import type { Scope } from '../../common/scope';
import { invalidAt } from '../../common/errors';
import { countTokens } from '../../common/text/tokens';
import type { StoreName } from '../../orchestrator/file-route';
import { presentFile } from './file';
import type { FoundFile } from './file-lookup';
import type { FilesService } from './files.service';

const TEXTUAL =
  /^(text\/|application\/(json|xml|yaml|x-yaml|javascript|x-ndjson|sql|toml)\b|[a-z]+\/[^;]+\+(json|xml))/i;

/** A part is not cut below this, whatever it counts. */
const LEAST_BYTES = 1_024;
/** The next try has a little room: tokens are not spread evenly. */
const SAFETY_FACTOR = 0.95;

/** One of `text` and `base64`. A type, not an interface, because a tool returns it as its value. */
export type FilePart = {
  readonly file: Readonly<Record<string, unknown>>;
  readonly text?: string;
  readonly base64?: string;
  readonly next_offset?: number;
  readonly served_by?: string;
  readonly degraded: boolean;
  readonly degraded_reasons: readonly string[];
};

export interface PartRange {
  readonly start: number;
  /** The maximum of bytes. */
  readonly bytes: number;
  /** The part, as JSON, has at most about this many tokens. */
  readonly tokens?: number;
}

/**
 * A part of a file as JSON can carry it: text where the type says so and the bytes agree, base64 otherwise.
 * `next_offset` is present while there is more. Throws `invalid` at `/offset` for a start beyond the end.
 */
export const readPart = async (
  files: FilesService,
  scope: Scope,
  file: FoundFile,
  range: PartRange,
): Promise<FilePart> => {
  const { size } = file.row;
  if (range.start > size) throw invalidAt('/offset', `lies beyond the ${size} bytes of the file`);
  const end = Math.min(size, range.start + range.bytes);
  const { bytes, servedBy } = await files.open(scope, file, { start: range.start, end });
  const chunks: Buffer[] = [];
  for await (const chunk of bytes) chunks.push(chunk);
  return shortened(range.tokens, Buffer.concat(chunks), (part) => presentPart(file, range.start, part, servedBy));
};

/** Makes a part of the bytes; of fewer, as long as it has too many tokens. */
const shortened = (tokens = Infinity, bytes: Buffer, present: (part: Buffer) => FilePart): FilePart => {
  let { length } = bytes;
  for (;;) {
    const part = present(bytes.subarray(0, length));
    const found = tokens === Infinity || length <= LEAST_BYTES ? 0 : countTokens(JSON.stringify(part));
    if (found <= tokens) return part;
    length = Math.max(LEAST_BYTES, Math.floor((SAFETY_FACTOR * length * tokens) / found));
  }
};

const presentPart = (file: FoundFile, start: number, part: Buffer, servedBy: StoreName | undefined): FilePart => {
  const { size, content_type: type } = file.row;
  const end = start + part.length;
  const text = TEXTUAL.test(type) ? textOf(part, end === size) : undefined;
  const next = text === undefined ? end : start + Buffer.byteLength(text);
  const reasons = [
    ...(servedBy === 'mirror' || servedBy === 'spool' ? ['object_store_unavailable'] : []),
    ...(file.isRemembered ? ['postgres_unavailable'] : []),
  ];
  return {
    file: presentFile(file.row),
    ...(text === undefined ? { base64: part.toString('base64') } : { text }),
    ...(next < size ? { next_offset: next } : {}),
    ...(servedBy === undefined ? {} : { served_by: servedBy }),
    degraded: reasons.length > 0,
    degraded_reasons: reasons,
  };
};

/** Whole characters only: one that the part would split is left for the next. `undefined` for invalid UTF-8. */
const textOf = (bytes: Buffer, isLast: boolean): string | undefined => {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  try {
    return decoder.decode(bytes, { stream: !isLast });
  } catch {
    return undefined;
  }
};
