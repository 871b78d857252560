import { configurationSchema } from '../../config/configuration';
import { settingsIn } from '../../config/setting';
import type { Finding } from './finding';

/** Shorter ones would blacken ordinary words, and no message of a service repeats a part of three characters. */
const LEAST_LENGTH = 4;
const HIDDEN = '***';

/** The values that must not be shown: those of secret settings, and passwords within addresses, as written and decoded. */
export function secretsIn(
  environment: Readonly<Record<string, string | undefined>>,
  values: readonly unknown[],
): readonly string[] {
  const names = settingsIn(configurationSchema)
    .filter(({ secret }) => secret === true)
    .map(({ name }) => name);
  const given = [...names, 'ZERODB_API_KEY'].map((name) => environment[name]);
  const texts = [...given, ...values].filter((value): value is string => typeof value === 'string');
  const all = texts.flatMap((text) => [text, text.trim(), ...passwordsIn(text)]);
  // The longest first: one may be a part of another.
  return [...new Set(all)].filter((text) => text.length >= LEAST_LENGTH).sort((a, b) => b.length - a.length);
}

/** Values of secret settings of a configuration, from files too. */
export function secretValues(configuration: object): unknown[] {
  return settingsIn(configurationSchema)
    .filter(({ secret }) => secret === true)
    .map(({ path }) => path.reduce<unknown>((tree, key) => (tree as Record<string, unknown>)[key], configuration));
}

const passwordsIn = (text: string): string[] => {
  if (!URL.canParse(text)) return [];
  const { password } = new URL(text);
  return password === '' ? [] : [password, decoded(password)];
};

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

/** The finding without any of these. */
export const redacted = (finding: Finding, secrets: readonly string[]): Finding => ({
  ...finding,
  detail: without(finding.detail, secrets),
  ...(finding.advice === undefined ? {} : { advice: without(finding.advice, secrets) }),
});

const without = (text: string, secrets: readonly string[]): string =>
  secrets.reduce((shown, secret) => shown.replaceAll(secret, HIDDEN), text);
