import { BANNED_PHRASES } from './banned-phrases';

const patterns = Object.entries(BANNED_PHRASES).map(([phrase, instead]) => ({
  pattern: new RegExp(`\\b(?:${phrase.replaceAll(' ', '\\s+')})(?!\\w)`, 'gi'),
  instead,
}));

const lineAt = (text: string, index: number): number => text.slice(0, index).split('\n').length;

/** Banned phrases of a text, each as `file:line: phrase -> what to write instead`, in the order of the list. */
export const findBanned = (text: string, file: string): string[] =>
  patterns.flatMap(({ pattern, instead }) =>
    [...text.matchAll(pattern)].map(
      ({ index, 0: phrase }) => `${file}:${lineAt(text, index)}: "${phrase.replace(/\s+/g, ' ')}" -> ${instead}`,
    ),
  );
