/** How a file is shown. What is not known to be harmless is text or nothing. */
export type PreviewKind =
  | { readonly as: 'image' | 'audio' | 'video' | 'pdf'; readonly type: string }
  | { readonly as: 'text' | 'json' }
  | { readonly as: 'none'; readonly why: string };

const MIB = 1024 * 1024;
/** A blob lies in the browser's memory as a whole. */
export const MAX_BLOB_BYTES = 64 * MIB;
/** A text is read to here. */
export const MAX_TEXT_BYTES = 256 * 1024;

/** Types that a browser paints without running anything in them. SVG is none of them. */
const IMAGES: ReadonlySet<string> = new Set([
  'image/png',
  'image/jpeg',
  'image/gif',
  'image/webp',
  'image/avif',
  'image/bmp',
  'image/x-icon',
  'image/vnd.microsoft.icon',
]);

const TEXTS: ReadonlySet<string> = new Set([
  'application/xml',
  'application/xhtml+xml',
  'application/javascript',
  'application/x-javascript',
  'application/ecmascript',
  'application/x-ndjson',
  'application/jsonl',
  'application/yaml',
  'application/x-yaml',
  'application/toml',
  'application/sql',
  'application/x-sh',
  'image/svg+xml',
]);

const MEDIA = /^(audio|video)\/[a-z0-9.+-]+$/;

/** How a file of this media type and size is shown. A blob made of it gets `type`, which is one of a closed list. */
export const previewKind = (contentType: string, size: number): PreviewKind => {
  const type = (contentType.split(';')[0] ?? '').trim().toLowerCase();
  if (type === 'application/json' || type.endsWith('+json')) return { as: size > MAX_TEXT_BYTES ? 'text' : 'json' };
  if (type.startsWith('text/') || TEXTS.has(type) || type.endsWith('+xml')) return { as: 'text' };
  const as = blobKind(type);
  if (as === undefined) return { as: 'none', why: 'There is no preview of this type.' };
  if (size > MAX_BLOB_BYTES) return { as: 'none', why: 'It is too large for a preview. Download it instead.' };
  return { as, type };
};

const blobKind = (type: string): 'image' | 'audio' | 'video' | 'pdf' | undefined => {
  if (IMAGES.has(type)) return 'image';
  if (type === 'application/pdf') return 'pdf';
  const [, media] = MEDIA.exec(type) ?? [];
  return media === 'audio' || media === 'video' ? media : undefined;
};
