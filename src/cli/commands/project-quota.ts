import { Option, type Command } from 'commander';
import type { ProjectQuota, QuotaUse } from '../../client';
import { note, serverCommand, writeJson, type CommonOptions, type Context, type Runtime } from '../command';
import { usageError } from '../errors';
import { formatCount } from '../output/format';
import { renderTable, type Column } from '../output/table';

interface QuotaOptions extends CommonOptions {
  readonly soft: readonly string[];
  readonly hard: readonly string[];
  readonly remove?: boolean;
}

const numberOf = (value: number | null): string | undefined => (value === null ? undefined : formatCount(value));

export const QUOTA_COLUMNS: readonly Column<QuotaUse>[] = [
  { title: 'quota', value: ({ quota }) => quota },
  { title: 'used', value: ({ used }) => numberOf(used), align: 'right' },
  { title: 'soft', value: ({ soft }) => numberOf(soft), align: 'right' },
  { title: 'hard', value: ({ hard }) => numberOf(hard), align: 'right' },
  { title: 'state', value: ({ state }) => state },
];

const collect = (value: string, before: readonly string[]): readonly string[] => [...before, value];
const limitOption = (kind: 'soft' | 'hard', what: string): Option =>
  new Option(`--${kind} <quota=number>`, what).argParser(collect).default([], 'none');

/** Shows the quota, replaces single limits of it, or removes it. */
export const quotaCommand = (runtime: Runtime): Command =>
  serverCommand('quota')
    .description('show or set what a project may hold and do in a day (root key)')
    .argument('<project>')
    .addOption(limitOption('hard', 'refuse what goes beyond, for example records=1000000 or requests_per_day=50000'))
    .addOption(limitOption('soft', 'warn from here on'))
    .option('--remove', 'remove all limits')
    .action((project: string, options: QuotaOptions) =>
      runtime.run(options, (context) => carryOut(context, project, options)),
    );

async function carryOut({ io, json, client }: Context, name: string, options: QuotaOptions): Promise<void> {
  const path = { name };
  const changes = { soft: pairsOf(options.soft), hard: pairsOf(options.hard) };
  const changed = changes.soft.length + changes.hard.length > 0;
  if (options.remove) {
    if (changed) throw usageError('--remove takes all limits away.', 'Leave out --soft and --hard.');
    await client().delete('/v1/projects/{name}/quota', { path });
    if (json) return writeJson(io, { removed: name });
    return note(io, `Project "${name}" has no quota now.`);
  }
  const answer = changed
    ? await client().put('/v1/projects/{name}/quota', { path, body: await mergedWith(changes) })
    : await client().get('/v1/projects/{name}/quota', { path });
  if (json) return writeJson(io, answer);
  io.out.write(renderTable(QUOTA_COLUMNS, answer.quotas, io.palette));

  /** Limits that were not named stay as they are. */
  async function mergedWith({ soft, hard }: typeof changes): Promise<ProjectQuota['limits']> {
    const known = await client()
      .get('/v1/projects/{name}/quota', { path })
      .then(({ limits }) => limits)
      .catch((error: { status?: number }) => {
        if (error.status === 404) return {};
        throw error;
      });
    const merged: Record<string, { soft?: number; hard?: number }> = { ...known };
    for (const [quota, value] of soft) merged[quota] = { ...merged[quota], soft: value };
    for (const [quota, value] of hard) merged[quota] = { ...merged[quota], hard: value };
    return merged;
  }
}

const PAIR = /^([a-z_]{1,40})=(\d{1,15})$/;

const pairsOf = (given: readonly string[]): [string, number][] =>
  given.map((text) => {
    const [, quota, value] = PAIR.exec(text) ?? [];
    if (quota === undefined) throw usageError(`"${text}" is not a limit.`, 'Write it as records=1000000.');
    return [quota, Number(value)];
  });
