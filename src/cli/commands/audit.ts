import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { Command, Option } from 'commander';
import { NotALog, verifyFile } from '../../audit/chain/verify-file';
import type { AuditEntry, AuditReport, AuditStatement, AuditVerification } from '../../client';
import { messageOf } from '../../common/message-of';
import {
  integerBetween,
  note,
  serverCommand,
  writeJson,
  type CommonOptions,
  type Context,
  type Runtime,
} from '../command';
import { CliError, usageError } from '../errors';
import { ExitCode, type ExitCodeValue } from '../exit-codes';
import { formatCount, plural } from '../output/format';
import { printable } from '../output/printable';
import { renderTable, type Column } from '../output/table';
import { bytesOf } from '../streams';
import { writeOut } from './export';

export function auditCommand(runtime: Runtime): Command {
  return new Command('audit')
    .description('the audit log: who did what (a key with the role audit or admin)')
    .addCommand(search(runtime))
    .addCommand(verify(runtime))
    .addCommand(exportLog(runtime))
    .addCommand(report(runtime))
    .addCommand(key(runtime));
}

interface LogOptions extends CommonOptions {
  readonly log?: string;
}

const logCommand = (name: string): Command =>
  serverCommand(name).option('--log <log>', 'installation, or the uid of a deleted project; root key only');

const logOf = ({ log }: LogOptions): { log?: string } => (log === undefined ? {} : { log });

interface SearchOptions extends LogOptions {
  readonly actor?: string;
  readonly action?: string;
  readonly class?: AuditEntry['class'];
  readonly outcome?: AuditEntry['outcome'];
  readonly resource?: string;
  readonly since?: string;
  readonly until?: string;
  readonly limit: number;
}

const COLUMNS: readonly Column<AuditEntry>[] = [
  { title: 'seq', value: ({ seq }) => String(seq), align: 'right' },
  { title: 'at', value: ({ at }) => at },
  { title: 'actor', value: ({ actor }) => actor },
  { title: 'action', value: ({ action }) => action },
  { title: 'on', value: ({ resource }) => namesOf(resource) },
  { title: 'from', value: ({ address }) => address },
  { title: 'outcome', value: ({ outcome, code }) => (code === null ? outcome : `${outcome} (${code})`) },
  { title: 'times', value: ({ count }) => (count === 1 ? undefined : String(count)), align: 'right' },
];

const namesOf = (resource: AuditEntry['resource']): string =>
  Object.entries(resource)
    .map(([kind, name]) => `${kind} ${name}`)
    .join(', ');

const FILTERS = ['actor', 'action', 'class', 'outcome', 'resource', 'since', 'until'] as const;

const search = (runtime: Runtime): Command =>
  logCommand('search')
    .description('entries, newest first')
    .option('--actor <actor>', 'root, key:ID, token:ISSUER#SUBJECT, url:ID, guest, operator or zerodb')
    .option('--action <operation>', 'the id of an operation, such as createKey')
    .addOption(new Option('--class <class>', 'admin, write or read').choices(['admin', 'write', 'read']))
    .addOption(new Option('--outcome <outcome>').choices(['ok', 'refused', 'failed', 'unknown', 'noticed'] as const))
    .option('--resource <name>', 'a name or an id')
    .option('--since <time>', 'RFC 3339, for example 2030-01-01T00:00:00Z')
    .option('--until <time>', 'RFC 3339')
    .option('--limit <count>', 'the number of entries', integerBetween(1, 1000), 50)
    .action((options: SearchOptions) =>
      runtime.run(options, async ({ io, json, client }) => {
        const filters = Object.fromEntries(FILTERS.flatMap((name) => (options[name] ? [[name, options[name]]] : [])));
        const query = { ...logOf(options), ...filters, limit: options.limit };
        const page = await client().get('/v1/audit', { query });
        if (json) writeJson(io, page);
        else io.out.write(renderTable(COLUMNS, page.data, io.palette));
      }),
    );

interface VerifyOptions extends LogOptions {
  readonly checkpoint?: string;
  readonly saveHead?: boolean;
}

const verify = (runtime: Runtime): Command =>
  logCommand('verify')
    .description(
      'find entries that were changed, removed, added or moved (exit code 1): on the server, or in an exported file',
    )
    .argument(
      '[file]',
      'an export: no server is asked, and --key is the public key that was kept elsewhere, or a file that holds it',
    )
    .option(
      '--checkpoint <file>',
      'without a file: the answer of an earlier `verify --json`, whose end must still be there',
    )
    .action((file: string | undefined, options: VerifyOptions) =>
      runtime.run(options, (context) =>
        file === undefined ? verifyOnline(context, options) : verifyExport(context, file, options.key),
      ),
    );

async function verifyOnline(context: Context, options: VerifyOptions): Promise<ExitCodeValue> {
  const { io, json, client, signal } = context;
  const checkpoints = options.checkpoint === undefined ? [] : [await statementIn(options.checkpoint)];
  const answer = await client().post('/v1/audit/verify', { query: logOf(options), body: { checkpoints }, signal });
  if (json) writeJson(io, answer);
  else {
    note(io, `Key ${answer.key_id}. ${entriesOf(answer.unchained)} of the last moment not chained yet.`);
    tell(context, answer);
  }
  return answer.valid ? ExitCode.ok : ExitCode.failure;
}

async function statementIn(file: string): Promise<AuditStatement> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw usageError(`${file} cannot be read: ${messageOf(error)}`);
  });
  try {
    const value = JSON.parse(text) as { readonly head?: AuditStatement } & AuditStatement;
    return value.head ?? value;
  } catch {
    throw usageError(`${file} is not JSON.`, 'Keep the output of `zerodb audit verify --json`.');
  }
}

async function verifyExport(context: Context, file: string, key: string | undefined): Promise<ExitCodeValue> {
  const { io, json } = context;
  const own = key === undefined ? undefined : await keyIn(key);
  // Nothing may be awaited between this and the first line: it would be lost.
  const lines = createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY });
  const found = await verifyFile(lines, own).catch((error: unknown) => {
    if (error instanceof NotALog) throw new CliError(`${file}: ${error.message}`);
    throw usageError(`${file} cannot be verified: ${messageOf(error)}`);
  });
  if (json) writeJson(io, found);
  else {
    note(io, `Log of ${printable(found.project)}, verified with key ${found.key_id}.`);
    if (!found.own_key) note(io, 'The key is the one in the file: pass --key with one that was kept elsewhere.');
    tell(context, found);
  }
  return found.valid ? ExitCode.ok : ExitCode.failure;
}

/** The key itself, or a file that holds it. */
const keyIn = async (given: string): Promise<string> => await readFile(given, 'utf8').catch(() => given);

const entriesOf = (count: number): string => (count === 1 ? '1 entry' : `${formatCount(count)} entries`);

type Findings = Pick<AuditVerification, 'valid' | 'entries' | 'checkpoints' | 'faults' | 'faults_total'>;

function tell({ io }: Context, { valid, entries, checkpoints, faults, faults_total: total }: Findings): void {
  for (const { kind, message } of faults) note(io, `${io.errPalette.red(kind)} ${message}`);
  if (total > faults.length) note(io, `and ${total - faults.length} more`);
  const read = `${entriesOf(entries)}, ${plural(checkpoints, 'checkpoint')}`;
  note(io, valid ? `The log is intact: ${read}.` : `The log is NOT intact: ${plural(total, 'fault')} in ${read}.`);
}

const exportLog = (runtime: Runtime): Command =>
  logCommand('export')
    .description('write the log as NDJSON, with all that verifying it needs')
    .option('-o, --output <file>', 'write to this file instead of standard output')
    .action((options: LogOptions & { readonly output?: string }) =>
      runtime.run(options, async ({ io, client, signal }) => {
        const response = await client().stream('/v1/audit/export', { query: logOf(options), signal });
        await writeOut(io, bytesOf(response), options.output);
        if (options.output !== undefined) note(io, `Exported to ${options.output}.`);
      }),
    );

const FRAMEWORKS = ['gdpr', 'soc2', 'hipaa'] as const;

interface ReportOptions extends LogOptions, Partial<Record<(typeof FRAMEWORKS)[number], boolean>> {
  readonly since?: string;
}

const report = (runtime: Runtime): Command =>
  logCommand('report')
    .description('what the log and the settings prove of what a framework asks for, and what they cannot')
    .option('--gdpr', 'General Data Protection Regulation')
    .option('--soc2', 'SOC 2, trust services criteria')
    .option('--hipaa', 'HIPAA security rule')
    .option('--since <time>', 'RFC 3339 (default: 90 days ago)')
    .action((options: ReportOptions) =>
      runtime.run(options, async ({ io, json, client }) => {
        const chosen = FRAMEWORKS.filter((framework) => options[framework]);
        const [framework] = chosen;
        if (framework === undefined || chosen.length > 1) throw usageError('choose one of --gdpr, --soc2 and --hipaa');
        const since = options.since === undefined ? {} : { since: options.since };
        const answer = await client().get('/v1/audit/report', { query: { ...logOf(options), framework, ...since } });
        if (json) writeJson(io, answer);
        else io.out.write(textOf(answer));
      }),
    );

const textOf = ({ framework, project, from, to, statements, cannot_prove: cannot }: AuditReport): string =>
  [
    `${framework.toUpperCase()}: project ${project}, ${from} to ${to}`,
    '',
    ...statements.flatMap(({ reference, statement, proven, evidence }) => [
      `${proven ? 'proven    ' : 'NOT PROVEN'}  ${reference}: ${statement}`,
      `            ${evidence}`,
    ]),
    '',
    'Neither the log nor the settings can prove:',
    ...cannot.map((line) => `  - ${line}`),
    '',
  ].join('\n');

const key = (runtime: Runtime): Command =>
  serverCommand('key')
    .description('print the public key that checkpoints are signed with: keep it elsewhere')
    .action((options: CommonOptions) =>
      runtime.run(options, async ({ io, json, client }) => {
        const answer = await client().get('/v1/audit/key');
        if (json) return writeJson(io, answer);
        note(io, `Key ${answer.key_id}, Ed25519:`);
        io.out.write(`${answer.public_key}\n`);
      }),
    );
