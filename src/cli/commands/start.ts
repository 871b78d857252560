import { Option, type Command } from 'commander';
import { integerBetween, localCommand, type CommonOptions, type Runtime } from '../command';
import { setProcessEnvironment } from '../settings';

interface StartOptions extends CommonOptions {
  readonly host?: string;
  readonly port?: number;
  readonly dataDir?: string;
}

const HELP = `
The settings come from the environment, .env and the files in config/; see \`zerodb config show\`. Without any, an
embedded Postgres keeps the data in ./data and the server listens on http://127.0.0.1:7700. The root key is printed
once, at the first start, as a line to paste into another terminal. Ctrl-C or SIGTERM shuts the server down gracefully.
`;

export function startCommand(runtime: Runtime): Command {
  return localCommand('start')
    .description('run the server in this process')
    .option('--host <address>', 'listen here (env ZERODB_HOST)')
    .addOption(new Option('--port <n>', 'listen on this port (env ZERODB_PORT)').argParser(integerBetween(0, 65_535)))
    .option('--data-dir <folder>', 'keep the embedded data here (env ZERODB_DATA_DIR)')
    .addHelpText('after', HELP)
    .action((options: StartOptions) =>
      runtime.run(options, async () => {
        setProcessEnvironment({
          ZERODB_HOST: options.host,
          ZERODB_PORT: options.port === undefined ? undefined : String(options.port),
          ZERODB_DATA_DIR: options.dataDir,
        });
        // Loaded late: the other commands must not pay for the whole server.
        const { main } = await import('../../main.js');
        await main();
      }),
    );
}
