import { invalid, malformed, type Fault } from '../../common/errors';

/**
 * The parameters of a request target. Doubled ones are invalid, broken percent-encoding is malformed. With `known`, other
 * names are skipped unread: a link may carry what its sender's tools added to it.
 */
export const parseQueryString = (target: string, known?: ReadonlySet<string>): Record<string, string> => {
  const start = target.indexOf('?');
  const values: Record<string, string> = Object.create(null) as Record<string, string>;
  if (start < 0 || start === target.length - 1) return values;
  const doubled: Fault[] = [];
  for (const part of target.slice(start + 1).split('&')) {
    if (!part) continue;
    const equals = part.indexOf('=');
    const written = equals < 0 ? part : part.slice(0, equals);
    if (known && !isKnown(written, known)) continue;
    const name = decode(written);
    if (name in values) doubled.push({ path: `query:${name}`, message: 'occurs more than once' });
    values[name] = equals < 0 ? '' : decode(part.slice(equals + 1));
  }
  if (doubled.length > 0) throw invalid('A query parameter occurs more than once.', doubled);
  return values;
};

/** A name that cannot be decoded is nobody's. */
const isKnown = (written: string, known: ReadonlySet<string>): boolean => {
  try {
    return known.has(decode(written));
  } catch {
    return false;
  }
};

const decode = (text: string): string => {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch (cause) {
    throw malformed('The query string is not valid percent-encoded UTF-8.', [], cause);
  }
};
