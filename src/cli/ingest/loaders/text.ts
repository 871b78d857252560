import { decodeText } from '../decode-text';
import type { TextDocument } from '../document';

export const loadText = (bytes: Uint8Array): TextDocument => ({
  kind: 'text',
  title: undefined,
  text: decodeText(bytes),
});
