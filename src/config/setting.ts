import { z } from 'zod';
import { isNetwork } from '../common/client-address';

/** What the reference page says of a setting, declared beside its type. */
export interface SettingFacts {
  /** The environment variable. */
  readonly name: string;
  readonly about: string;
  /** Its value never reaches a log or a message. */
  readonly secret?: boolean;
}

const facts = new WeakMap<z.ZodType, SettingFacts>();

/** Declares a setting: its type, its default, its name in the environment and its documentation, in one place. */
export const setting = <T extends z.ZodType>(name: string, schema: T, about: string, secret = false): T => {
  facts.set(schema, { name, about, secret });
  return schema;
};

export interface Setting extends SettingFacts {
  /** Where it lives in the configuration and in `config/*.json`: `['server', 'port']`. */
  readonly path: readonly string[];
  readonly schema: z.ZodType;
}

/** All settings declared in a nested object, in order. */
export const settingsIn = (schema: z.ZodObject, path: readonly string[] = []): Setting[] =>
  Object.entries(schema.shape).flatMap(([key, child]) => {
    const known = facts.get(child as z.ZodType);
    if (known) return [{ ...known, path: [...path, key], schema: child as z.ZodType }];
    return settingsIn(child as z.ZodObject, [...path, key]);
  });

/** Environment variables are text, files hold numbers: both are taken. */
export const integer = (min: number, max: number): z.ZodType<number> =>
  z.preprocess(
    (value) => (typeof value === 'string' && /^-?\d+$/.test(value.trim()) ? Number(value) : value),
    z.int({ error: 'must be a whole number' }).min(min, `must be at least ${min}`).max(max, `must be at most ${max}`),
  );

/** The same, with a fraction. */
export const fraction = (min: number, max: number): z.ZodType<number> =>
  z.preprocess(
    (value) => (typeof value === 'string' && /^-?(?:\d+(?:\.\d+)?|\.\d+)$/.test(value.trim()) ? Number(value) : value),
    z.number({ error: 'must be a number' }).min(min, `must be at least ${min}`).max(max, `must be at most ${max}`),
  );

export const text = (): z.ZodString => z.string().min(1, 'must not be empty');

/** A URL of one of these schemes. */
export const url = (...schemes: readonly string[]): z.ZodType<string> =>
  text().refine((value) => URL.canParse(value) && schemes.includes(new URL(value).protocol.slice(0, -1)), {
    error: `must be a URL that starts with ${schemes.map((scheme) => `${scheme}://`).join(' or ')}`,
  });

/** One or several such URLs without credentials, separated by commas; in files also a list. */
export const urls = (...schemes: readonly string[]): z.ZodType<string[]> => {
  const isFit = (value: string): boolean => {
    if (!URL.canParse(value)) return false;
    const { protocol, username, password } = new URL(value);
    return schemes.includes(protocol.slice(0, -1)) && username === '' && password === '';
  };
  const error = `must be URLs without credentials that start with ${schemes.map((each) => `${each}://`).join(' or ')}`;
  return z.preprocess(
    (value) => (typeof value === 'string' ? value.split(',').map((each) => each.trim()) : value),
    z.array(z.string()).refine((values) => values.length > 0 && values.every(isFit), { error }),
  );
};

/** Addresses or networks (`10.0.0.0/8`), separated by commas; in files also a list. */
export const addresses = (): z.ZodType<string[]> =>
  z.preprocess(
    (value) => (typeof value === 'string' ? value.split(',').map((each) => each.trim()) : value),
    z.array(z.string()).refine((values) => values.every(isNetwork), {
      error: 'must be IP addresses or networks such as 10.0.0.0/8, separated by commas',
    }),
  );

/** Some of these values, separated by commas; in files also a list. */
export const someOf = <const T extends readonly [string, ...string[]]>(values: T) =>
  z.preprocess(
    (value) => (typeof value === 'string' ? value.split(',').map((each) => each.trim()) : value),
    z
      .array(z.enum(values, { error: `must be some of ${values.join(', ')}` }))
      .min(1, `must be some of ${values.join(', ')}`),
  );

/** Names, separated by commas; in files also a list. */
export const listOfNames = (): z.ZodType<string[]> =>
  z.preprocess(
    (value) => (typeof value === 'string' ? value.split(',').map((each) => each.trim()) : value),
    z.array(z.string()).refine((values) => values.every((value) => value !== '' && value.length <= 255), {
      error: 'must be names of 1 to 255 characters, separated by commas',
    }),
  );

export const oneOf = <const T extends readonly [string, ...string[]]>(values: T) =>
  z.enum(values, { error: `must be one of ${values.join(', ')}` });
