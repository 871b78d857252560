import { Parser } from 'htmlparser2';

/** Where a declaration must stand to count (HTML standard, "determining the character encoding"). */
const PRESCAN_BYTES = 1024;

const XML_DECLARATION = /^\s*<\?xml\s[^>]*?\bencoding\s*=\s*(?:"([^"]*)"|'([^']*)')/;
const CONTENT_CHARSET = /\bcharset\s*=\s*["']?([^\s"';]+)/i;

/** The character set that an HTML file declares, as it is written. */
export function declaredEncoding(bytes: Uint8Array): string | undefined {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, PRESCAN_BYTES)).toString(
    'latin1',
  );
  const xml = XML_DECLARATION.exec(head);
  let declared = xml?.[1] ?? xml?.[2];
  const parser = new Parser({
    onopentag: (name, attributes) => {
      if (name === 'meta') declared ??= charsetOf(attributes);
    },
  });
  parser.end(head);
  return declared?.trim();
}

function charsetOf(attributes: Readonly<Record<string, string>>): string | undefined {
  if (attributes['charset'] !== undefined) return attributes['charset'];
  if (attributes['http-equiv']?.toLowerCase() !== 'content-type') return undefined;
  return CONTENT_CHARSET.exec(attributes['content'] ?? '')?.[1];
}
