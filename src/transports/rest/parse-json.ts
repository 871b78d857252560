import { parse } from 'secure-json-parse';
import { invalid, invalidAt, malformed } from '../../common/errors';
import { isNestedTooDeep, MAX_NESTING } from '../../common/nesting';
import { UNSTORABLE, unstorableIn } from '../../common/storable';

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Parses a JSON body. What is no UTF-8, no JSON, or would touch an object's prototype is `malformed`. */
export const parseJson = (body: Buffer): unknown => parsed(decode(body));

/** The same, for what is to be stored: a text in it that cannot be is `invalid`. */
export const parseStorableJson = (body: Buffer): unknown => {
  const source = decode(body);
  const value = parsed(source);
  // A NUL, or half a pair, comes into JSON as an escape alone; only where there are any does the value have to be walked.
  if (ESCAPED.test(source)) mustBeStorable(value);
  return value;
};

/** Throws `invalid` for the first text that Postgres has no place for, at a path below `base`. */
export const mustBeStorable = (value: unknown, base = ''): void => {
  const path = unstorableIn(value);
  if (path !== undefined) {
    throw invalid(`${base}${path}: ${UNSTORABLE}`, [{ path: `${base}${path}`, message: UNSTORABLE }]);
  }
};

const ESCAPED = /\\u(?:0000|[dD][89a-fA-F])/;

const parsed = (source: string): unknown => {
  if (isNestedTooDeep(source)) throw invalidAt('', `The body is nested more than ${MAX_NESTING} levels deep.`);
  try {
    return parse(source, undefined, { protoAction: 'error', constructorAction: 'error' });
  } catch (cause) {
    throw malformed(`The body is not valid JSON: ${reasonOf(cause)}`, [], cause);
  }
};

const decode = (body: Buffer): string => {
  try {
    return utf8.decode(body);
  } catch (cause) {
    throw malformed('The body is not valid UTF-8.', [], cause);
  }
};

/** V8 says where it stopped, and quotes what stands there: the client's own text, kept short. */
const reasonOf = (cause: unknown): string => (cause instanceof Error ? cause.message.slice(0, 200) : 'unreadable');
