import { Command, Option } from 'commander';
import type { Service, ServiceTransition } from '../../client';
import { integerBetween, note, serverCommand, writeJson, type CommonOptions, type Runtime } from '../command';
import { ExitCode } from '../exit-codes';
import { formatCount, formatDuration } from '../output/format';
import { renderPairs, renderTable, type Column } from '../output/table';
import { rebuild } from './rebuild';

/** A service in one of these is not used as it should be. */
const UNHEALTHY_STATES = new Set(['suspect', 'down', 'recovering']);

/** `zerodb services` alone lists them. */
export function servicesCommand(runtime: Runtime): Command {
  return serverCommand('services')
    .description('the services under ZeroDB: their state, and taking them in and out of use')
    .action((options: CommonOptions) => list(runtime, options))
    .addCommand(
      serverCommand('list')
        .description('list the services (exit code 1 when one is in trouble)')
        .action((options: CommonOptions) => list(runtime, options)),
    )
    .addCommand(show(runtime))
    .addCommand(history(runtime))
    .addCommand(drain(runtime))
    .addCommand(restore(runtime))
    .addCommand(rebuild(runtime).description("rebuild a service's copy from scratch, with progress"));
}

const COLUMNS: readonly Column<Service>[] = [
  { title: 'service', value: (service) => service.name },
  { title: 'kind', value: (service) => service.kind },
  { title: 'state', value: (service) => service.state },
  { title: 'since', value: (service) => service.since },
  { title: 'p95', value: ({ latency_ms: { read } }) => read && `${read.p95} ms`, align: 'right' },
  { title: 'errors', value: ({ error_rate: rate }) => rate && `${(rate * 100).toFixed(1)} %`, align: 'right' },
  { title: 'lag', value: ({ lag }) => lag && formatLag(lag), align: 'right' },
  { title: 'reason', value: (service) => service.reason },
];

const formatLag = ({ records, seconds }: { readonly records: number; readonly seconds: number }): string =>
  records === 0 ? '0' : `${formatCount(records)}, ${formatDuration(seconds * 1000)}`;

const list = (runtime: Runtime, options: CommonOptions): Promise<void> =>
  runtime.run(options, async ({ io, json, client }) => {
    const { data } = await client().get('/v1/services');
    if (json) writeJson(io, { data });
    else io.out.write(renderTable(COLUMNS, data, io.palette));
    return data.some(({ state }) => UNHEALTHY_STATES.has(state)) ? ExitCode.failure : ExitCode.ok;
  });

const show = (runtime: Runtime): Command =>
  serverCommand('show')
    .description('everything known about one service')
    .argument('<name>')
    .action((name: string, options: CommonOptions) =>
      runtime.run(options, async ({ io, json, client }) => {
        const service = await client().get('/v1/services/{service}', { path: { service: name } });
        if (json) writeJson(io, service);
        else io.out.write(renderPairs(Object.entries(service), io.palette));
      }),
    );

const history = (runtime: Runtime): Command =>
  serverCommand('history')
    .description('its changes of state, newest first')
    .argument('<name>')
    .addOption(new Option('--limit <n>', 'how many').default(20).argParser(integerBetween(1, 1000)))
    .action((name: string, options: CommonOptions & { readonly limit: number }) =>
      runtime.run(options, async ({ io, json, client }) => {
        const query = { limit: options.limit };
        const { data } = await client().get('/v1/services/{service}/history', { path: { service: name }, query });
        if (json) return writeJson(io, { data });
        const columns: readonly Column<ServiceTransition>[] = [
          { title: 'at', value: (change) => change.at },
          { title: 'from', value: (change) => change.from },
          { title: 'to', value: (change) => change.to },
          { title: 'replica', value: (change) => change.replica },
          { title: 'reason', value: (change) => change.reason },
        ];
        io.out.write(renderTable(columns, data, io.palette));
      }),
    );

const drain = (runtime: Runtime): Command =>
  serverCommand('drain')
    .description('take a service out of use, on every replica, until it is restored')
    .argument('<name>')
    .option('--reason <text>', 'kept in its history')
    .action((name: string, options: CommonOptions & { readonly reason?: string }) =>
      runtime.run(options, async ({ io, json, client }) => {
        const body = options.reason === undefined ? undefined : { reason: options.reason };
        const service = await client().post('/v1/services/{service}/drain', { path: { service: name }, body });
        if (json) return writeJson(io, service);
        note(io, `${service.name} is ${service.state}. Bring it back with: zerodb services restore ${service.name}`);
      }),
    );

const restore = (runtime: Runtime): Command =>
  serverCommand('restore')
    .description('bring a drained service back; it catches up and is compared before it serves')
    .argument('<name>')
    .action((name: string, options: CommonOptions) =>
      runtime.run(options, async ({ io, json, client }) => {
        const service = await client().post('/v1/services/{service}/restore', { path: { service: name } });
        if (json) return writeJson(io, service);
        note(io, `${service.name} is ${service.state}.`);
      }),
    );
