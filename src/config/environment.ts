import type { Setting } from './setting';
import { nearest } from '../common/nearest';

/** The variables of a process. This folder is the only one that reads them. */
export type Environment = Readonly<Record<string, string | undefined>>;

const PREFIX = 'ZERODB_';

/** Names with the prefix that are not the server's: the tests', the command line client's. */
const FOREIGN =
  /^ZERODB_(TEST_.*|ACCEPTANCE_.*|BENCH_.*|SERVICES_HOME|DATA_SETS|URL|API_KEY|PROJECT|CA_FILE|CLIENT_CERT_FILE|CLIENT_KEY_FILE|PDF_PASSWORD|CONFIG|CI_.*|PGLITE_.*)$/;

export interface EnvironmentReading {
  /** Values by the setting's name; empty ones count as absent. */
  readonly values: ReadonlyMap<string, string>;
  readonly faults: readonly string[];
}

/** Picks the known settings out of the environment and names everything that is no setting. */
export const readEnvironment = (environment: Environment, settings: readonly Setting[]): EnvironmentReading => {
  const names = settings.map((setting) => setting.name);
  const given = Object.entries(environment).filter(([name, value]) => name.startsWith(PREFIX) && value?.trim());
  const known = given.filter(([name]) => names.includes(name));
  const strange = given.map(([name]) => name).filter((name) => !names.includes(name) && !FOREIGN.test(name));
  return {
    values: new Map(known.map(([name, value]) => [name, value ?? ''])),
    faults: strange.sort().map((name) => faultOf(name, names)),
  };
};

const faultOf = (name: string, names: readonly string[]): string => {
  const suggestion = nearest(name, names);
  return `${name}: there is no such setting.${suggestion ? ` Did you mean ${suggestion}?` : ''}`;
};
