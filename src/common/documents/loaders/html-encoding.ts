import { Parser } from 'htmlparser2';

/** The HTML standard wants a declaration in the first 1,024 bytes, but browsers heed a later one, too. */
const PRESCAN_BYTES = 64 * 1024;

const XML_DECLARATION = /^\s*<\?xml\s[^>]*?\bencoding\s*=\s*(?:"([^"]*)"|'([^']*)')/;
const CONTENT_CHARSET = /\bcharset\s*=\s*["']?([^\s"';]+)/i;

/** The character set that an HTML file declares, as it is written. */
export function declaredEncoding(bytes: Uint8Array): string | undefined {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, PRESCAN_BYTES)).toString(
    'latin1',
  );
  const xml = XML_DECLARATION.exec(head);
  let declared = given(xml?.[1] ?? xml?.[2]);
  const parser = new Parser({
    onopentag: (name, attributes) => {
      if (name === 'meta') declared ??= charsetOf(attributes);
    },
  });
  parser.end(head);
  return declared;
}

/** A declaration of nothing is none. */
const given = (name: string | undefined): string | undefined => (name?.trim() === '' ? undefined : name?.trim());

function charsetOf(attributes: Readonly<Record<string, string>>): string | undefined {
  const charset = given(attributes['charset']);
  if (charset !== undefined) return charset;
  if (attributes['http-equiv']?.toLowerCase() !== 'content-type') return undefined;
  return CONTENT_CHARSET.exec(attributes['content'] ?? '')?.[1];
}
