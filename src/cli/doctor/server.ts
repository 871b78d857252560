import { messageOf } from '../../common/message-of';
import { packageVersion } from '../../config/package-root';
import { UnreachableError, type DeepHealth, type ZeroDbClient } from '../../client';
import { formatCount } from '../output/format';
import { clockFinding } from './clock';
import { fault, ok, skipped, warning, type Finding } from './finding';

/** Seconds that a follower may be behind before somebody should look. */
const MAX_LAG_SECONDS = 60;
/** A `Date` header has whole seconds. */
const HALF_A_SECOND_MS = 500;

type Service = DeepHealth['services'][number];

/** The running server: its version, its services, its clock. A server that does not run is a warning: all else is checked. */
export async function serverFindings(
  api: ZeroDbClient,
  fetchPage: typeof fetch,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  let version: string;
  try {
    ({ version } = await api.get('/', { signal }));
  } catch (error) {
    if (!(error instanceof UnreachableError)) throw error;
    const advice = 'Start it, or name it with --url. Everything else was checked from here.';
    return [warning('server', messageOf(error), advice)];
  }
  const health = await api.get('/health/deep', { accept: [503], signal });
  return [
    versionFinding(version),
    health.status === 'unavailable'
      ? fault('server.ready', 'it does not serve', 'Look at Postgres first, then at its log.')
      : ok('server.ready', health.status),
    await clockOf(api.url, fetchPage, signal),
    ...health.services.flatMap(serviceFindings),
  ];
}

const versionFinding = (version: string): Finding =>
  version === packageVersion()
    ? ok('server.version', version)
    : warning(
        'server.version',
        `the server has ${version}, this command ${packageVersion()}`,
        'Use the command of the version that runs.',
      );

async function clockOf(url: string, fetchPage: typeof fetch, signal: AbortSignal): Promise<Finding> {
  const before = Date.now();
  const answer = await fetchPage(`${url}/livez`, { signal });
  await answer.text();
  const date = Date.parse(answer.headers.get('date') ?? '');
  if (Number.isNaN(date)) return skipped('server.clock', 'the server does not say what time it is');
  return clockFinding('server.clock', date + HALF_A_SECOND_MS - (before + Date.now()) / 2);
}

const ADVICE: Partial<Record<Service['state'], string>> = {
  down: 'Look at the service itself; `zerodb services show` has the reason.',
  suspect: 'Watch it: it failed some calls.',
  recovering: 'Wait: it is filled and compared before it serves.',
  drained: 'Bring it back with `zerodb services restore`.',
};

/** What a server says of one service; the lag for whoever has a key. */
export function serviceFindings({ name, state, reason, lag }: Service): Finding[] {
  if (state === 'disabled') return [];
  const check = `server.${name}`;
  const advice = ADVICE[state];
  const detail = reason ? `${state}: ${reason}` : state;
  if (advice !== undefined)
    return [name === 'postgres' && state === 'down' ? fault(check, detail, advice) : warning(check, detail, advice)];
  if (!lag || lag.seconds < MAX_LAG_SECONDS) return [ok(check, state)];
  return [
    warning(
      `${check}.lag`,
      `${formatCount(lag.records)} records, ${Math.round(lag.seconds)} s behind`,
      'Is a worker running? Is the service slow? A lower ZERODB_FOLLOWER_REST_PERCENT catches up faster.',
    ),
  ];
}
