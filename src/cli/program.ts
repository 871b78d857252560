import { Command } from 'commander';
import { packageVersion } from '../config/package-root';
import { EXIT_CODE_HELP } from './exit-codes';
import type { Runtime } from './command';
import { auditCommand } from './commands/audit';
import { backupCommand } from './commands/backup';
import { backgroundCommand } from './commands/background';
import { chaosCommand } from './commands/chaos';
import { collectionsCommand } from './commands/collections';
import { compressCommand } from './commands/compress';
import { configCommand } from './commands/config';
import { dbCommand } from './commands/db';
import { doctorCommand } from './commands/doctor';
import { embeddingsCommand } from './commands/embeddings';
import { eventsCommand } from './commands/events';
import { exportCommand } from './commands/export';
import { filesCommand } from './commands/files';
import { importCommand } from './commands/import';
import { ingestCommand } from './commands/ingest';
import { keysCommand } from './commands/keys';
import { mcpCommand } from './commands/mcp';
import { memoriesCommand } from './commands/memories';
import { projectsCommand } from './commands/projects';
import { rebuildCommand } from './commands/rebuild';
import { searchCommand } from './commands/search';
import { servicesCommand } from './commands/services';
import { graphCommand } from './commands/graph';
import { sizeCommand } from './commands/size';
import { sqlCommand } from './commands/sql';
import { startCommand } from './commands/start';
import { statusCommand } from './commands/status';
import { topicsCommand } from './commands/topics';
import { usageCommand } from './commands/usage';
import { verifyCommand } from './commands/verify';

const EXAMPLES = `
Examples:
  zerodb start                                  run the server, data in ./data
  zerodb ingest ./docs                          read a folder into the collection "docs"
  zerodb search docs "how are backups made?"    search it, by meaning and by words
  zerodb collections list --json                the same as JSON, for scripts
  zerodb export docs -o docs.ndjson.gz          export all records

Settings (options override the environment, which overrides .env in this folder):
  ZERODB_URL                        address of the server, http://127.0.0.1:7700
  ZERODB_API_KEY                    the key to use; without it ZERODB_ROOT_KEY
  ZERODB_PROJECT                    the project to act on, with the root key
  ZERODB_CA_FILE                    authorities that the server's certificate is checked against
  NO_COLOR                          no colours

${EXIT_CODE_HELP}
`;

/** The whole command line. A fresh one for each run: commander keeps the parsed options in it. */
export function createProgram(runtime: Runtime): Command {
  const program = new Command('zerodb')
    .description('ZeroDB: vectors, keyword search and records behind one API.')
    .version(packageVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show this help, or that of a command: zerodb COMMAND --help')
    .helpCommand(false)
    .addHelpText('after', EXAMPLES);
  program.commandsGroup('Server:');
  program.addCommand(startCommand(runtime)).addCommand(statusCommand(runtime));
  program.addCommand(configCommand(runtime)).addCommand(dbCommand(runtime)).addCommand(backupCommand(runtime));
  program.addCommand(doctorCommand(runtime)).addCommand(sizeCommand(runtime));
  program.commandsGroup('Services:');
  program.addCommand(servicesCommand(runtime)).addCommand(backgroundCommand(runtime));
  program.addCommand(verifyCommand(runtime));
  program.addCommand(rebuildCommand(runtime)).addCommand(chaosCommand(runtime));
  program.commandsGroup('Data:');
  program.addCommand(ingestCommand(runtime)).addCommand(searchCommand(runtime)).addCommand(sqlCommand(runtime));
  program.addCommand(graphCommand(runtime));
  program.addCommand(importCommand(runtime)).addCommand(exportCommand(runtime));
  program.addCommand(collectionsCommand(runtime)).addCommand(memoriesCommand(runtime));
  program.addCommand(compressCommand(runtime));
  program.addCommand(embeddingsCommand(runtime));
  program.addCommand(topicsCommand(runtime)).addCommand(eventsCommand(runtime));
  program.addCommand(filesCommand(runtime));
  program.commandsGroup('Agents:');
  program.addCommand(mcpCommand(runtime));
  program.commandsGroup('Tenants:');
  program.addCommand(projectsCommand(runtime)).addCommand(keysCommand(runtime));
  program.addCommand(auditCommand(runtime)).addCommand(usageCommand(runtime));
  prepare(program, runtime);
  return program;
}

/** Errors are thrown instead of ending the process, and go to the given streams, in every subcommand too. */
function prepare(command: Command, runtime: Runtime): void {
  command.exitOverride().showSuggestionAfterError().showHelpAfterError('(see --help)');
  command.configureOutput({
    writeOut: (text) => void runtime.io.out.write(text),
    writeErr: (text) => void runtime.io.err.write(text),
  });
  for (const child of command.commands) prepare(child, runtime);
}
