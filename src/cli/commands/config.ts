import { Command } from 'commander';
import { localCommand, note, writeJson, type CommonOptions, type Context, type Runtime } from '../command';
import type { Configuration } from '../../config/configuration';
import { ConfigurationError } from '../../config/configuration-error';
import { loadConfiguration } from '../../config/load-configuration';
import { ExitCode, type ExitCodeValue } from '../exit-codes';
import { renderTable, type Column } from '../output/table';
import { describeSettings, type ShownSetting } from '../shown-settings';

export function configCommand(runtime: Runtime): Command {
  return new Command('config')
    .description('the settings of a server started here')
    .addCommand(check(runtime))
    .addCommand(show(runtime));
}

const COLUMNS: readonly Column<ShownSetting>[] = [
  { title: 'setting', value: (setting) => setting.name },
  { title: 'value', value: (setting) => setting.value },
];

const check = (runtime: Runtime): Command =>
  localCommand('check')
    .description('validate the environment, .env and the files in config/, and list every fault')
    .action((options: CommonOptions) =>
      runtime.run(options, async (context) =>
        withConfiguration(context, () => {
          if (context.json) writeJson(context.io, { valid: true, faults: [] });
          else note(context.io, 'The configuration is valid.');
        }),
      ),
    );

const show = (runtime: Runtime): Command =>
  localCommand('show')
    .description('print the settings in force; secrets are hidden')
    .action((options: CommonOptions) =>
      runtime.run(options, async (context) =>
        withConfiguration(context, (configuration) => {
          const settings = describeSettings(configuration);
          if (context.json) writeJson(context.io, Object.fromEntries(settings.map(({ name, value }) => [name, value])));
          else context.io.out.write(renderTable(COLUMNS, settings, context.io.palette));
        }),
      ),
    );

function withConfiguration(context: Context, use: (configuration: Configuration) => void): ExitCodeValue {
  const { io, json } = context;
  try {
    use(loadConfiguration(io.env, process.cwd()));
    return ExitCode.ok;
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    if (json) writeJson(io, { valid: false, faults: error.faults });
    for (const fault of json ? [] : error.faults) note(io, `${io.errPalette.red('fault:')} ${fault}`);
    return ExitCode.failure;
  }
}
