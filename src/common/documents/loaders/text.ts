import { decodeText } from '../decode-text';
import type { TextDocument } from '../document';
import type { LoadOptions } from './load-options';

export const loadText = (bytes: Uint8Array, options: LoadOptions = {}): TextDocument => ({
  kind: 'text',
  title: undefined,
  text: decodeText(bytes, options),
});
