import { isObject } from '../../common/filter/values';
import { parsePath } from '../../common/filter/path';

/** The value at a dotted path (`data.title`); arrays are not traversed, because a mapping needs one value. */
export function valueAt(document: unknown, path: string): unknown {
  const parsed = parsePath(path, []);
  if ('fault' in parsed || !('keys' in parsed.path)) return undefined;
  let value = document;
  for (const key of parsed.path.keys) {
    if (!isObject(value) || !Object.hasOwn(value, key)) return undefined;
    value = value[key];
  }
  return value;
}

/** The fault of a path, if any. */
export function pathFault(path: string): string | undefined {
  const parsed = parsePath(path, []);
  return 'fault' in parsed ? parsed.fault : undefined;
}
