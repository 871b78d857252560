import { invalidAt } from '../common/errors';
import { RECORD_FIELDS, type Path } from '../common/filter';
import { parsePath } from '../common/filter/path';

/** The steps to a field of the metadata. Throws `invalid` at `at` when `field` names none. */
export function metadataPath(field: string, at: string): Path & { readonly keys: readonly string[] } {
  const parsed = parsePath(field, Object.keys(RECORD_FIELDS));
  if ('fault' in parsed) throw invalidAt(at, parsed.fault);
  if (!('keys' in parsed.path)) throw invalidAt(at, 'Name a metadata field.');
  return parsed.path;
}
