import { MAX_PATH_STEPS } from '../../common/filter/path';
import { isObject } from '../../common/filter/values';
import { formatError, unsupported, wrongInput } from './errors';

/** A key, or `null` for `[]`: every element. */
type Step = string | null;
export type PayloadPath = readonly Step[];
type Payload = Record<string, unknown>;

/** A plain key, or one in quotes; then brackets. */
const SEGMENT = /(?:"([^"]{1,1000})"|([\p{L}\p{N}_-]{1,1000}))((?:\[\d{0,9}\]){0,32})(\.|$)/uy;

/** Reads `a.b`, `a[].b` and `"a key".b`, of at most `MAX_PATH_STEPS`. Throws a format error, and refuses positions such as `a[0]`. */
export const payloadPath = (
  text: unknown,
  message = `Invalid json path: '${String(text).slice(0, 200)}'`,
): PayloadPath => {
  if (typeof text !== 'string') throw formatError(message);
  const steps: Step[] = [];
  SEGMENT.lastIndex = 0;
  do {
    const match = SEGMENT.exec(text);
    if (!match) throw formatError(message);
    const [, quoted, raw = '', brackets = '', end] = match;
    steps.push(quoted ?? raw, ...wildcards(brackets, text));
    if (steps.length > MAX_PATH_STEPS) throw wrongInput(`A payload key has at most ${MAX_PATH_STEPS} steps`);
    if (end === '') return steps;
  } while (SEGMENT.lastIndex < text.length);
  throw formatError(message);
};

const wildcards = (brackets: string, text: string): null[] => {
  if (/\d/.test(brackets)) throw unsupported(`Positions in a payload key ("${text.slice(0, 200)}") are`);
  return Array.from({ length: brackets.length / 2 }, () => null);
};

/** The keys of a path. ZeroDB looks into arrays automatically. */
export const keysOf = (path: PayloadPath): string[] => path.filter((step) => step !== null);

/** The path as ZeroDB's own API writes it. */
export const fieldOf = (path: PayloadPath): string =>
  keysOf(path)
    .map((key) => key.replace(/[\\.]/g, '\\$&'))
    .join('.');

/** The path as Qdrant's API writes it. */
export const payloadKeyOf = (keys: readonly string[]): string =>
  keys.map((key) => (/^[\w-]{1,1000}$/.test(key) ? key : `"${key}"`)).join('.');

/** A path that names one place. Throws for one with `[]`. */
export const placeOf = (text: unknown): string[] => {
  const path = payloadPath(text);
  if (path.includes(null)) throw unsupported('"[]" in the key of a payload that is changed is');
  return keysOf(path);
};

/** The payload with the keys of `values` set at `place`, everything else unchanged; a `null` removes its key. */
export const withValues = (payload: Payload, values: Payload, place: readonly string[] = []): Payload => {
  const [key, ...rest] = place;
  if (key === undefined) {
    return Object.fromEntries(Object.entries({ ...payload, ...values }).filter(([name]) => values[name] !== null));
  }
  const inner = Object.hasOwn(payload, key) ? payload[key] : undefined;
  return { ...payload, [key]: withValues(isObject(inner) ? inner : {}, values, rest) };
};

/** The payload without what stands at these places. However many they are, it is copied once. */
export const without = (payload: Payload, places: readonly (readonly string[])[]): Payload => {
  const inside = byFirstKey(places);
  const left = Object.entries(payload).flatMap(([key, value]) => {
    const rests = inside.get(key) ?? [];
    if (rests.some((rest) => rest.length === 0)) return [];
    return [[key, isObject(value) && rests.length > 0 ? without(value, rests) : value] as const];
  });
  return Object.fromEntries(left);
};

const byFirstKey = (places: readonly (readonly string[])[]): Map<string, string[][]> => {
  const inside = new Map<string, string[][]>();
  for (const [key = '', ...rest] of places) {
    const rests = inside.get(key);
    if (rests) rests.push(rest);
    else inside.set(key, [rest]);
  }
  return inside;
};

/** Which parts of a payload a client asked for. */
export type PayloadSelector = (payload: Payload) => Payload;

export const including = (paths: readonly PayloadPath[]): PayloadSelector => {
  const keeps = (at: PayloadPath): boolean => paths.some((path) => isPrefix(shorter(path, at), longer(path, at)));
  return (payload) => selected(payload, [], keeps) as Payload;
};

export const excluding = (paths: readonly PayloadPath[]): PayloadSelector => {
  const keeps = (at: PayloadPath): boolean => !paths.some((path) => isPrefix(path, at));
  return (payload) => selected(payload, [], keeps) as Payload;
};

const shorter = (a: PayloadPath, b: PayloadPath): PayloadPath => (a.length <= b.length ? a : b);
const longer = (a: PayloadPath, b: PayloadPath): PayloadPath => (a.length <= b.length ? b : a);
const isPrefix = (a: PayloadPath, b: PayloadPath): boolean =>
  a.length <= b.length && a.every((step, index) => step === b[index]);

/** As Qdrant does it: what is kept is looked into, and an array's elements stand at `[]`. */
const selected = (value: unknown, at: PayloadPath, keeps: (at: PayloadPath) => boolean): unknown => {
  if (Array.isArray(value)) {
    const inner = [...at, null];
    return keeps(inner) ? value.map((each) => selected(each, inner, keeps)) : [];
  }
  if (!isObject(value)) return value;
  const kept = Object.entries(value).filter(([key]) => keeps([...at, key]));
  return Object.fromEntries(kept.map(([key, each]) => [key, selected(each, [...at, key], keeps)]));
};
