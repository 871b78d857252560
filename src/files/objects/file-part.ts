import type { Scope } from '../../common/scope';
import { invalidAt } from '../../common/errors';
import { presentFile } from './file';
import type { FoundFile } from './file-lookup';
import type { FilesService } from './files.service';

const TEXTUAL =
  /^(text\/|application\/(json|xml|yaml|x-yaml|javascript|x-ndjson|sql|toml)\b|[a-z]+\/[^;]+\+(json|xml))/i;

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

/**
 * A part of a file as JSON can carry it: text where the type says so and the bytes agree, base64 otherwise.
 * `next_offset` is present while there is more. Throws `invalid` at `/offset` for a start beyond the end.
 */
export const readPart = async (
  files: FilesService,
  scope: Scope,
  file: FoundFile,
  range: { readonly start: number; readonly bytes: number },
): Promise<FilePart> => {
  const { size, content_type: type } = file.row;
  if (range.start > size) throw invalidAt('/offset', `lies beyond the ${size} bytes of the file`);
  const end = Math.min(size, range.start + range.bytes);
  const { bytes, servedBy } = await files.open(scope, file, { start: range.start, end });
  const chunks: Buffer[] = [];
  for await (const chunk of bytes) chunks.push(chunk);
  const part = Buffer.concat(chunks);
  const text = TEXTUAL.test(type) ? textOf(part, end === size) : undefined;
  const next = text === undefined ? end : range.start + Buffer.byteLength(text);
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
