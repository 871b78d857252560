import { Command, InvalidArgumentError, Option } from 'commander';
import { messageOf } from '../common/message-of';
import { ZeroDbClient } from '../client';
import { ConfigurationError, withEnvFile } from '../config';
import { ExitCode, type ExitCodeValue } from './exit-codes';
import type { CliIo } from './io';
import { readClientSettings, type ClientOptions } from './settings';

/** What an action works with besides its own arguments. */
export interface Context {
  readonly io: CliIo;
  readonly json: boolean;
  readonly client: () => ZeroDbClient;
  /** Aborts on Ctrl-C. */
  readonly signal: AbortSignal;
}

export interface CommonOptions extends ClientOptions {
  readonly json?: boolean;
}

/** Makes the context for the options of one command, and keeps the exit code of its action. */
export class Runtime {
  exitCode: ExitCodeValue = ExitCode.ok;
  json = false;

  constructor(
    readonly io: CliIo,
    private readonly signal: AbortSignal,
  ) {}

  context(options: CommonOptions): Context {
    this.json = options.json === true;
    return {
      io: this.io,
      json: this.json,
      client: () =>
        new ZeroDbClient({ ...readClientSettings(options, environmentOf(this.io), this.io.env), retries: 0 }),
      signal: this.signal,
    };
  }

  /** Runs an action and remembers the exit code that it returns; nothing returned is success. */
  async run(options: CommonOptions, action: (context: Context) => Promise<ExitCodeValue | void>): Promise<void> {
    this.exitCode = (await action(this.context(options))) ?? ExitCode.ok;
  }
}

export const jsonOption = (): Option => new Option('--json', 'print JSON for scripts on standard output');

/** A command that talks to a server. */
export const serverCommand = (name: string): Command =>
  new Command(name)
    .addOption(new Option('--url <url>', 'address of the server (env ZERODB_URL; default http://127.0.0.1:7700)'))
    .addOption(new Option('--key <key>', 'API key or root key (env ZERODB_API_KEY)'))
    .addOption(new Option('--project <name>', 'act on this project; root key only (env ZERODB_PROJECT)'))
    .addOption(new Option('--ca <file>', 'check the server against the authorities in this file (env ZERODB_CA_FILE)'))
    .addOption(new Option('--client-cert <file>', 'certificate for mutual TLS (env ZERODB_CLIENT_CERT_FILE)'))
    .addOption(new Option('--client-key <file>', 'its private key (env ZERODB_CLIENT_KEY_FILE)'))
    .addOption(jsonOption());

/** A command that works on this machine, without a server. */
export const localCommand = (name: string): Command => new Command(name).addOption(jsonOption());

/** The variables of the process over the file `.env`. Throws `ConfigurationError` for a file that cannot be read. */
export const environmentOf = ({ env }: CliIo): NodeJS.ProcessEnv => {
  const { environment, faults } = withEnvFile(env, process.cwd());
  if (faults.length > 0) throw new ConfigurationError(faults);
  return environment;
};

/** An option's number within bounds; commander names the option in the error. */
export const integerBetween =
  (least: number, most: number) =>
  (text: string): number => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < least || value > most)
      throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
    return value;
  };

/** An option's JSON object. */
export function jsonObject(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new InvalidArgumentError(`It is not JSON: ${messageOf(error)}`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new InvalidArgumentError('It must be a JSON object, for example \'{"year": {"$gte": 2020}}\'.');
  return value as Record<string, unknown>;
}

/** An option's JSON array. */
export function jsonArray(text: string): unknown[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new InvalidArgumentError(`It is not JSON: ${messageOf(error)}`);
  }
  if (!Array.isArray(value)) throw new InvalidArgumentError(`It must be a JSON array, for example '[2020, "en"]'.`);
  return value as unknown[];
}

/** JSON as the one thing on standard output. */
export const writeJson = (io: CliIo, value: unknown): void => {
  io.out.write(`${JSON.stringify(value, null, 2)}\n`);
};

export const note = (io: CliIo, text: string): void => {
  io.err.write(`${text}\n`);
};
