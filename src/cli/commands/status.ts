import type { Command } from 'commander';
import type { DeepHealth } from '../../client';
import { note, serverCommand, writeJson, type CommonOptions, type Runtime } from '../command';
import { ExitCode } from '../exit-codes';
import { renderPairs, renderTable, type Column } from '../output/table';

type Service = DeepHealth['services'][number];

const COLUMNS: readonly Column<Service>[] = [
  { title: 'service', value: (service) => service.name },
  { title: 'kind', value: (service) => service.kind },
  { title: 'state', value: (service) => service.state },
  { title: 'since', value: (service) => service.since },
  {
    title: 'latency',
    value: ({ latency_ms: ms }) => (typeof ms === 'number' ? `${ms} ms` : undefined),
    align: 'right',
  },
  { title: 'reason', value: (service) => service.reason },
];

/** Absent without TLS, and from an older server. */
const certificatePair = (certificate: DeepHealth['certificate'] | undefined): (readonly [string, string])[] => {
  if (!certificate) return [];
  const { state, expires_at: expiresAt, days_left: days } = certificate;
  const shown = state === 'valid' ? '' : ` (${state.replaceAll('_', ' ')})`;
  return [['certificate', `until ${expiresAt}, ${days} days${shown}`]];
};

export function statusCommand(runtime: Runtime): Command {
  return serverCommand('status')
    .description('show whether the server is up, and what it runs on')
    .action((options: CommonOptions) =>
      runtime.run(options, async ({ io, json, client }) => {
        const api = client();
        const health = await api.get('/health/deep', { accept: [503] });
        const healthy = health.status === 'ok';
        if (json) writeJson(io, { url: api.url, healthy, ...health });
        else {
          const pairs = [
            ['server', api.url] as const,
            ['status', health.status] as const,
            ...certificatePair(health.certificate),
          ];
          io.out.write(renderPairs(pairs, io.palette));
          const services = health.services;
          if (services.length > 0) io.out.write(`\n${renderTable(COLUMNS, services, io.palette)}`);
          if (!healthy) note(io, 'The server answers, but a service that it needs does not.');
        }
        return healthy ? ExitCode.ok : ExitCode.unavailable;
      }),
    );
}
