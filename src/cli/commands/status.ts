import type { Command } from 'commander';
import { note, serverCommand, writeJson, type CommonOptions, type Runtime } from '../command';
import { ExitCode } from '../exit-codes';
import { plainText } from '../output/printable';
import { renderPairs, renderTable, type Column } from '../output/table';

interface Health {
  readonly status: string;
  /** As Terminus has it: one entry for each service, with its `status`. */
  readonly details?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

type Service = readonly [name: string, detail: Readonly<Record<string, unknown>>];

const COLUMNS: readonly Column<Service>[] = [
  { title: 'service', value: ([name]) => name },
  { title: 'status', value: ([, detail]) => detail['status'] },
  { title: 'detail', value: ([, detail]) => describe(detail) },
];

export function statusCommand(runtime: Runtime): Command {
  return serverCommand('status')
    .description('is the server up, and what it runs on')
    .action((options: CommonOptions) =>
      runtime.run(options, async ({ io, json, client }) => {
        const api = client();
        const health = await api.json<Health>('GET', '/health/deep', { accept: [503] });
        const healthy = health.status === 'ok' || health.status === 'up';
        if (json) writeJson(io, { url: api.url, healthy, ...health });
        else {
          io.out.write(
            renderPairs(
              [
                ['server', api.url],
                ['status', health.status],
              ],
              io.palette,
            ),
          );
          const services = Object.entries(health.details ?? {});
          if (services.length > 0) io.out.write(`\n${renderTable(COLUMNS, services, io.palette)}`);
          if (!healthy) note(io, 'The server answers, but not everything it needs does.');
        }
        return healthy ? ExitCode.ok : ExitCode.unavailable;
      }),
    );
}

const describe = (detail: Readonly<Record<string, unknown>>): string =>
  Object.entries(detail)
    .filter(([name]) => name !== 'status')
    .map(([name, value]) => `${name}=${plainText(value)}`)
    .join(' ');
