import { configurationSchema, type Configuration } from '../config/configuration';
import { settingsIn } from '../config/setting';

export interface ShownSetting {
  readonly name: string;
  readonly value: unknown;
}

const HIDDEN = '(set, hidden)';

/** Every setting under its variable's name. A secret only says whether it is set. */
export const describeSettings = (configuration: Configuration): ShownSetting[] =>
  settingsIn(configurationSchema).map(({ name, path, secret }) => {
    const value = path.reduce<unknown>((tree, key) => (tree as Readonly<Record<string, unknown>>)[key], configuration);
    if (value === undefined) return { name, value: null };
    return { name, value: secret === true ? HIDDEN : value };
  });
