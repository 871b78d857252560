/** The settings are not usable. `faults` lists all of them, one line each, without any secret. */
export class ConfigurationError extends Error {
  /** The exit code of `sysexits.h` for a configuration error. */
  static readonly exitCode = 78;

  constructor(readonly faults: readonly string[]) {
    super(`The configuration has ${faults.length} fault(s):\n${faults.map((fault) => `  - ${fault}`).join('\n')}`);
    this.name = 'ConfigurationError';
  }
}
