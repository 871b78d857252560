import type { Filter } from '../types';

export const OPERATORS = [
  { value: '$eq', label: 'is' },
  { value: '$ne', label: 'is not' },
  { value: '$gt', label: 'is more than' },
  { value: '$gte', label: 'is at least' },
  { value: '$lt', label: 'is less than' },
  { value: '$lte', label: 'is at most' },
  { value: '$in', label: 'is one of' },
  { value: '$nin', label: 'is none of' },
  { value: '$contains', label: 'has all of' },
  { value: '$text', label: 'has the words' },
  { value: '$exists', label: 'is there' },
] as const;

export type Operator = (typeof OPERATORS)[number]['value'];
export type ValueType = 'text' | 'number' | 'yes/no';

export interface Condition {
  readonly key: number;
  readonly field: string;
  readonly operator: Operator;
  readonly type: ValueType;
  /** As typed; several are separated by commas. */
  readonly value: string;
}

/** What someone is putting together: conditions, or the filter's own JSON. */
export interface FilterDraft {
  readonly mode: 'conditions' | 'json';
  readonly join: 'all' | 'any' | 'none';
  readonly conditions: readonly Condition[];
  readonly json: string;
}

export const NO_FILTER: FilterDraft = { mode: 'conditions', join: 'all', conditions: [], json: '{}' };

/** The filter, or what keeps the draft from being one. `filter: undefined`: nothing is filtered. */
export type Built = { readonly filter: Filter | undefined } | { readonly fault: string };

const LISTS: readonly Operator[] = ['$in', '$nin', '$contains'];

export const takesList = (operator: Operator): boolean => LISTS.includes(operator);
export const takesNoType = (operator: Operator): boolean => operator === '$text' || operator === '$exists';

/** The filter that the draft says, in the API's language. What is wrong inside of it, the server says. */
export function build(draft: FilterDraft): Built {
  if (draft.mode === 'json') return fromJson(draft.json);
  const filters: Filter[] = [];
  for (const condition of draft.conditions) {
    if (condition.field === '') return { fault: 'A condition has no field.' };
    const value = valueOf(condition);
    if (value === undefined) return { fault: `“${condition.value}” is no ${condition.type}.` };
    filters.push({ [condition.field]: condition.operator === '$eq' ? value : { [condition.operator]: value } });
  }
  return { filter: joined(draft.join, filters) };
}

function joined(join: FilterDraft['join'], filters: readonly Filter[]): Filter | undefined {
  const [first] = filters;
  if (first === undefined) return undefined;
  if (join === 'none') return { $not: filters.length === 1 ? first : { $or: filters } };
  if (filters.length === 1) return first;
  return join === 'any' ? { $or: filters } : { $and: filters };
}

function fromJson(json: string): Built {
  try {
    const value: unknown = JSON.parse(json);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    if (!isObject) return { fault: 'A filter must be a JSON object.' };
    return { filter: Object.keys(value).length === 0 ? undefined : (value as Filter) };
  } catch (error) {
    return { fault: `This is not valid JSON: ${error instanceof Error ? error.message : String(error)}` };
  }
}

function valueOf({ operator, type, value }: Condition): unknown {
  if (operator === '$exists') return value !== 'no';
  if (operator === '$text') return value;
  if (!takesList(operator)) return scalarOf(type, value);
  const items = value.split(',').map((item) => scalarOf(type, item.trim()));
  return items.includes(undefined) ? undefined : items;
}

function scalarOf(type: ValueType, value: string): string | number | boolean | undefined {
  if (type === 'text') return value;
  if (type === 'yes/no') return value === 'no' ? false : value === 'yes' || value === '' ? true : undefined;
  const number = Number(value);
  return value.trim() === '' || !Number.isFinite(number) ? undefined : number;
}
