import { z } from 'zod';
import { parseJson } from '../rest/parse-json';

type Json = Record<string, unknown>;
type Issue = z.core.$ZodIssue;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Messages as models write them: `arguments` that are null are none, and those that are JSON in a string are that JSON. */
export const normaliseArguments = (message: unknown): unknown => {
  if (Array.isArray(message)) return message.map(normaliseArguments);
  if (!isObject(message) || !isObject(message.params) || !('arguments' in message.params)) return message;
  const { arguments: given, ...params } = message.params;
  if (given === null) return { ...message, params };
  const read = typeof given === 'string' ? readAs(given, ['object']) : undefined;
  return read === undefined ? message : { ...message, params: { ...params, arguments: read } };
};

/** Values in values in strings: no model writes more. */
const MAX_ROUNDS = 4;

/**
 * Validates `value`. Where the schema wants a number, a flag, a list or an object and there is a string that is the JSON of
 * just that, it counts as what it says; a string that may be a string stays one.
 */
export const parseTolerantly = <T extends z.ZodType>(schema: T, value: unknown): z.ZodSafeParseResult<z.output<T>> => {
  const sure = parseReading(schema, value, typeWishes);
  if (sure.success) return sure;
  // A union may blame a text's form where one of its branches wants a list. What comes of that counts when it is valid.
  const bold = parseReading(schema, value, allWishes);
  return bold.success ? bold : sure;
};

const parseReading = <T extends z.ZodType>(
  schema: T,
  value: unknown,
  wishes: (issue: Issue) => Wish[],
): z.ZodSafeParseResult<z.output<T>> => {
  let parsed = schema.safeParse(value);
  let tried = value;
  for (let round = 0; round < MAX_ROUNDS && !parsed.success; round += 1) {
    const read = readStrings(
      tried,
      parsed.error.issues.flatMap((issue) => wishes(issue)),
    );
    if (read === undefined) break;
    tried = read;
    parsed = schema.safeParse(tried);
  }
  return parsed;
};

interface Wish {
  readonly path: readonly PropertyKey[];
  readonly kind: Kind;
}

/** A copy of `value` with every string read that a wish is about; `undefined` when there is none. */
const readStrings = (value: unknown, wishes: readonly Wish[]): unknown => {
  let copy: { readonly root: unknown } | undefined;
  for (const [path, kinds] of byPath(wishes)) {
    const found = at(value, path);
    const read = typeof found === 'string' ? readAs(found, kinds) : undefined;
    if (read === undefined) continue;
    copy ??= structuredClone({ root: value });
    put(copy, ['root', ...path], read);
  }
  return copy?.root;
};

/** What the schema wants where it found something else; of a union what any of its branches wants. */
const typeWishes = (issue: Issue, prefix: readonly PropertyKey[] = []): Wish[] => {
  const path = [...prefix, ...issue.path];
  if (issue.code === 'invalid_union') return issue.errors.flat().flatMap((inner) => typeWishes(inner, path));
  const kind = issue.code === 'invalid_type' ? KINDS.get(issue.expected) : undefined;
  return kind === undefined ? [] : [{ path, kind }];
};

/** The same, and lists and objects wherever a text has the wrong form. */
const allWishes = (issue: Issue): Wish[] => {
  const { code, path } = issue;
  if (code === 'invalid_type' || code === 'invalid_union') return typeWishes(issue);
  return (['array', 'object'] as const).map((kind) => ({ path, kind }));
};

type Kind = 'number' | 'boolean' | 'array' | 'object';

const KINDS = new Map<string, Kind>([
  ['number', 'number'],
  ['int', 'number'],
  ['boolean', 'boolean'],
  ['array', 'array'],
  ['tuple', 'array'],
  ['object', 'object'],
  ['record', 'object'],
]);

const byPath = (wishes: readonly Wish[]): Iterable<readonly [readonly PropertyKey[], Kind[]]> => {
  const all = new Map<string, readonly [readonly PropertyKey[], Kind[]]>();
  for (const { path, kind } of wishes) {
    const key = JSON.stringify(path);
    const kinds = all.get(key)?.[1];
    if (kinds) kinds.push(kind);
    else all.set(key, [path, [kind]]);
  }
  return all.values();
};

/** The value whose JSON the text is, when it is of one of these kinds and keeps every digit. */
const readAs = (text: string, kinds: readonly Kind[]): unknown => {
  const value = parsed(text);
  if (typeof value === 'number') return kinds.includes('number') && isExact(value, text) ? value : undefined;
  if (typeof value === 'boolean') return kinds.includes('boolean') ? value : undefined;
  if (Array.isArray(value)) return kinds.includes('array') ? value : undefined;
  return isObject(value) && kinds.includes('object') ? value : undefined;
};

const parsed = (text: string): unknown => {
  try {
    return parseJson(Buffer.from(text));
  } catch {
    return undefined;
  }
};

/** Digits that a double does not keep are no number that anybody meant. */
const isExact = (value: number, text: string): boolean =>
  Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value) || text.includes('e'));

const at = (value: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>(
    (inner, step) => (Object.hasOwn(Object(inner) as object, step) ? (inner as Json)[String(step)] : undefined),
    value,
  );

/** Every step exists: the value was found there. */
const put = (target: object, path: readonly PropertyKey[], value: unknown): void => {
  const holder = at(target, path.slice(0, -1)) as Record<PropertyKey, unknown>;
  holder[path.at(-1) ?? ''] = value;
};
