import type { Metadata } from '../types';
import type { ValueType } from './draft';

/** A field that a filter can name, and what its values look like. */
export interface Field {
  readonly name: string;
  readonly type: ValueType;
}

const MOST_DEPTH = 4;

/** The fields of one record's metadata. */
export function fieldsOf(metadata: Metadata, prefix = '', depth = 1): Field[] {
  return Object.entries(metadata).flatMap(([key, value]): Field[] => {
    const name = `${prefix}${key.replace(/[\\.]/g, '\\$&')}`;
    const sample: unknown = Array.isArray(value) ? value[0] : value;
    if (typeof sample === 'object' && sample !== null) {
      return depth < MOST_DEPTH ? fieldsOf(sample as Metadata, `${name}.`, depth + 1) : [];
    }
    return [{ name, type: typeof sample === 'number' ? 'number' : typeof sample === 'boolean' ? 'yes/no' : 'text' }];
  });
}
