/**
 * A property of a person that changes, in sentences. `{S}` is the person ("Marta Lind", "I"), `{G}` their genitive
 * ("Marta Lind's", "my"), `{v}` the value, `{o}` the one before it; `[third|first]` differs by person.
 */
export interface Attribute {
  readonly name: string;
  readonly values: readonly string[];
  readonly states: readonly string[];
  readonly changes: readonly string[];
  readonly ends: readonly string[];
  readonly ask: readonly string[];
  readonly askThen: readonly string[];
}

/** Something intended, and called off. */
export interface Plan {
  readonly name: string;
  readonly values: readonly string[];
  readonly plans: readonly string[];
  readonly calledOff: readonly string[];
  readonly ask: readonly string[];
}

export interface Table {
  readonly attributes: readonly Attribute[];
  readonly plans: readonly Plan[];
  /** What makes a correction of a sentence: `{}` is the sentence. */
  readonly corrections: readonly string[];
}

/** `|` divides the values; the other lists are lists already. */
export const attribute = (name: string, values: string, sentences: Omit<Attribute, 'name' | 'values'>): Attribute => ({
  name,
  values: values.split('|'),
  ...sentences,
});

export const plan = (name: string, values: string, sentences: Omit<Plan, 'name' | 'values'>): Plan => ({
  name,
  values: values.split('|'),
  ...sentences,
});
