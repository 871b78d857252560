import { parseInstant, wordsOf } from '../../../common/filter';
import { existsToken, fieldKey, objectToken, pathKey, severalToken, valueToken, wordToken } from './fact-keys';
import { formatInstant } from './instant-text';

/**
 * What a filter may ask of a record, or of one element of an array in it, written so that plain conditions of Qdrant
 * answer it: arrays of the metadata are gone (a path has all its values), types are part of the tokens.
 */
export interface Facts {
  /** Tokens for equality, existence and kind. */
  readonly t: string[];
  /** Tokens for words. */
  readonly w?: string[];
  /** Numbers by path. */
  readonly n?: Record<string, number[]>;
  /** Date-times by path, in a form that Qdrant reads. */
  readonly d?: Record<string, string[]>;
  /** The values of each path that has several, each with its own facts: for `$elemMatch`. */
  readonly m?: Record<string, Facts[]>;
}

/** `$elemMatch` inside `$elemMatch` is answered to this depth. */
export const MAX_ELEMENT_DEPTH = 4;

/** A record with more facts than this is too large for Qdrant: nested arrays multiply. */
const MAX_FACTS = 200_000;

/** The record would need more facts than are kept. */
export class TooManyFacts extends Error {}

/** Rejects with `TooManyFacts`. */
export function factsOf(record: {
  readonly id: string;
  readonly text: string | null;
  readonly metadata: unknown;
}): Facts {
  const builder = new FactsBuilder({ left: MAX_FACTS });
  builder.addPaths(record.metadata, MAX_ELEMENT_DEPTH);
  builder.addInstant(fieldKey('@id'), record.id);
  if (record.text !== null) builder.addString(fieldKey('@text'), record.text);
  return builder.facts();
}

class FactsBuilder {
  private readonly tokens: string[] = [];
  private readonly words = new Set<string>();
  private readonly numbers = new Map<string, number[]>();
  private readonly instants = new Map<string, string[]>();
  private readonly elements = new Map<string, Facts[]>();

  constructor(private readonly budget: { left: number }) {}

  facts(): Facts {
    return {
      t: this.tokens,
      ...(this.words.size > 0 ? { w: [...this.words] } : {}),
      ...(this.numbers.size > 0 ? { n: Object.fromEntries(this.numbers) } : {}),
      ...(this.instants.size > 0 ? { d: Object.fromEntries(this.instants) } : {}),
      ...(this.elements.size > 0 ? { m: Object.fromEntries(this.elements) } : {}),
    };
  }

  /** Everything below `root`, by path. */
  addPaths(root: unknown, elementDepth: number): void {
    for (const { keys, values } of pathsOf(root)) this.addPath(pathKey(keys), values, elementDepth);
  }

  /** Its words, and the instant that it may be the text of. */
  addString(key: string, text: string): void {
    for (const word of wordsOf(text)) this.words.add(wordToken(key, word));
    this.addInstant(key, text);
  }

  addInstant(key: string, text: string): void {
    const instant = parseInstant(text);
    if (instant !== undefined) append(this.instants, key, formatInstant(instant));
  }

  addValue(key: string, value: unknown): void {
    if (typeof value === 'string') this.addString(key, value);
    if (typeof value === 'number') append(this.numbers, key, value);
  }

  private addPath(key: string, values: readonly unknown[], elementDepth: number): void {
    this.spend(values.length + 1);
    this.tokens.push(...tokensOf(key, values));
    for (const value of values) this.addValue(key, value);
    if (values.length > 1 && elementDepth > 0) {
      this.elements.set(
        key,
        values.map((value) => this.element(value, elementDepth - 1)),
      );
    }
  }

  private element(value: unknown, elementDepth: number): Facts {
    const builder = new FactsBuilder(this.budget);
    builder.addPath(pathKey([]), [value], 0);
    builder.addPaths(value, elementDepth);
    return builder.facts();
  }

  private spend(facts: number): void {
    this.budget.left -= facts;
    if (this.budget.left < 0) throw new TooManyFacts(`more than ${MAX_FACTS} facts`);
  }
}

function tokensOf(key: string, values: readonly unknown[]): Set<string> {
  const tokens = new Set([existsToken(key)]);
  if (values.length > 1) tokens.add(severalToken(key));
  for (const value of values) {
    const isScalar = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
    tokens.add(isScalar ? valueToken(key, value) : objectToken(key));
  }
  return tokens;
}

interface PathValues {
  readonly keys: readonly string[];
  readonly values: unknown[];
}

/** The paths below an object and the values of each, as filters define them: arrays are replaced by their elements. */
function pathsOf(root: unknown): Iterable<PathValues> {
  const paths = new Map<string, PathValues>();
  const visit = (value: unknown, keys: readonly string[], name: string): void => {
    if (value === null || value === undefined) return;
    if (Array.isArray(value)) {
      for (const each of value) visit(each, keys, name);
      return;
    }
    if (keys.length > 0) valuesOf(paths, keys, name).push(value);
    if (typeof value !== 'object') return;
    for (const [key, child] of Object.entries(value)) visit(child, [...keys, key], `${name}\u0000${key}`);
  };
  visit(root, [], '');
  return paths.values();
}

function valuesOf(paths: Map<string, PathValues>, keys: readonly string[], name: string): unknown[] {
  const known = paths.get(name) ?? { keys, values: [] };
  paths.set(name, known);
  return known.values;
}

function append<T>(map: Map<string, T[]>, key: string, value: T): void {
  const known = map.get(key);
  if (known) known.push(value);
  else map.set(key, [value]);
}
