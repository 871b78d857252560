import type { z } from 'zod';
import { invalidRequest } from './errors';

type Issue = z.core.$ZodIssue;

/** A value by its schema. Throws what is wrong with it, in OpenAI's words. */
export const checked = <S extends z.ZodType>(schema: S, value: unknown): z.output<S> => {
  const parsed = schema.safeParse(value, { reportInput: true });
  if (parsed.success) return parsed.data;
  const issue = meant(parsed.error.issues[0] as Issue, []);
  throw errorOf(issue.issue, named(issue.path));
};

interface Located {
  readonly issue: Issue;
  readonly path: readonly PropertyKey[];
}

/** Of a union's branches, the one that got furthest is the one that was meant. */
const meant = (issue: Issue, before: readonly PropertyKey[]): Located => {
  const path = [...before, ...issue.path];
  if (issue.code !== 'invalid_union') return { issue, path };
  const branches = issue.errors.filter((issues) => issues.some((inner) => inner.path.length > 0));
  const [first] = branches[0] ?? [];
  return branches.length === 1 && first ? meant(first, path) : { issue, path };
};

/** `filters.filters[0].key`. */
const named = (path: readonly PropertyKey[]): string =>
  path.reduce<string>((name, step) => {
    if (typeof step === 'number') return `${name}[${step}]`;
    return name === '' ? String(step) : `${name}.${String(step)}`;
  }, '');

const errorOf = (issue: Issue, param: string): Error => {
  const [message, code] = described(issue, param);
  const field =
    issue.code === 'unrecognized_keys' ? named([...(param === '' ? [] : [param]), issue.keys[0] ?? '']) : param;
  return invalidRequest(message, field === '' ? null : field, code);
};

const described = (issue: Issue, param: string): [string, string] => {
  const wrong = `Invalid ${param === '' ? 'body' : `'${param}'`}`;
  switch (issue.code) {
    case 'unrecognized_keys':
      return [
        `Unknown parameter: '${named([...(param === '' ? [] : [param]), issue.keys[0] ?? ''])}'.`,
        'unknown_parameter',
      ];
    case 'invalid_type':
      if (issue.input === undefined) return missing(param);
      return [typeMessage(param, issue.expected, issue.input), 'invalid_type'];
    case 'too_small':
      return sizeFault(wrong, issue.origin, { isAbove: false, limit: issue.minimum });
    case 'too_big':
      return sizeFault(wrong, issue.origin, { isAbove: true, limit: issue.maximum });
    case 'invalid_value':
      return [`Invalid value: ${shown(issue.input)}. Supported values are: ${listed(issue.values)}.`, 'invalid_value'];
    case 'invalid_union':
      if (issue.input === undefined) return missing(param);
      return [`${wrong}: ${kindOf(issue.input)} of this form is not taken here.`, 'invalid_type'];
    default:
      return [`${wrong}: ${issue.message}`, 'invalid_value'];
  }
};

const missing = (param: string): [string, string] => [
  param === '' ? 'A JSON body is needed.' : `Missing required parameter: '${param}'.`,
  'missing_required_parameter',
];

const typeMessage = (param: string, expected: string, input: unknown): string =>
  `Invalid type for '${param}': expected ${article(expected)}, but got ${kindOf(input)} instead.`;

const article = (type: string): string => {
  const name = type === 'int' ? 'integer' : type === 'record' ? 'object' : type;
  return `${/^[aeiou]/.test(name) ? 'an' : 'a'} ${name}`;
};

const kindOf = (input: unknown): string => {
  if (input === null) return 'null';
  if (Array.isArray(input)) return 'an array';
  if (typeof input === 'number') return Number.isInteger(input) ? 'an integer' : 'a decimal';
  return article(typeof input);
};

const NOUNS: Readonly<Record<string, string>> = { number: 'value', int: 'value', string: 'string', array: 'array' };

/** `integer_above_max_value`, `string_below_min_length`. */
const sizeFault = (
  wrong: string,
  origin: string,
  { isAbove, limit }: { readonly isAbove: boolean; readonly limit: number | bigint },
): [string, string] => {
  const isNumber = origin === 'number' || origin === 'int';
  const bound = isAbove ? 'maximum' : 'minimum';
  const side = isAbove ? 'above_max' : 'below_min';
  if (isNumber) return [`${wrong}: expected a value ${isAbove ? '<=' : '>='} ${limit}.`, `integer_${side}_value`];
  const noun = NOUNS[origin] ?? 'object';
  return [`${wrong}: expected ${article(noun)} with ${bound} length ${limit}.`, `${noun}_${side}_length`];
};

const listed = (values: readonly unknown[]): string => {
  const names = values.map((value) => `'${String(value)}'`);
  return names.length < 2 ? names.join() : `${names.slice(0, -1).join(', ')}, and ${names.at(-1)}`;
};

const shown = (input: unknown): string => {
  const text = typeof input === 'string' ? input : (JSON.stringify(input) ?? 'undefined');
  return `'${text.length > 100 ? `${text.slice(0, 100)}…` : text}'`;
};
