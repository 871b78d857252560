import { parse } from 'secure-json-parse';
import { malformed } from '../../common/errors';

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Parses a JSON body. What is no UTF-8, no JSON, or would touch an object's prototype is `malformed`. */
export const parseJson = (body: Buffer): unknown => {
  const source = decode(body);
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
