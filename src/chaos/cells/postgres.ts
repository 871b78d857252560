import { RECORDS, type Cell } from '../cell';
import { isFull, isHonest, isHonestWrite, once, onlyInPostgres } from '../excuses';
import { promote } from '../postgres-admin';
import { proxyOf, type Stage } from '../stage';
import { about, control, inject, inTurn, SECOND } from './steps';

const base = { replicas: 1, workloads: RECORDS } as const;
/** Without Postgres, requests that only it can answer may fail, early and honestly; others still work. */
const expect = { service: 'postgres', excuses: onlyInPostgres, mayBeStale: true } as const;
const LEFT_CONNECTIONS = 10;

export const postgresCells: readonly Cell[] = [
  {
    ...base,
    id: 'postgres-restart',
    row: '24',
    title: 'Postgres killed and started again at once',
    smoke: true,
    replicas: 2,
    needs: ['postgres.kill', 'postgres.up'],
    plan: () => [control(0, 'postgres', 'kill'), control(0, 'postgres', 'up')],
    expect,
  },
  {
    ...base,
    id: 'postgres-gone',
    row: '24b',
    title: 'Postgres killed, started again after 8 s',
    needs: ['postgres.kill', 'postgres.up'],
    plan: (random) => [control(0, 'postgres', 'kill'), control(about(random, 8 * SECOND), 'postgres', 'up')],
    expect,
  },
  {
    ...base,
    id: 'postgres-backend-killed',
    row: '25',
    title: 'a backend of Postgres killed in the middle of a write, three times',
    needs: ['postgres.kill'],
    plan: (random) =>
      [0, about(random, 4 * SECOND), about(random, 8 * SECOND)].map((atMs) => ({
        atMs,
        what: 'kill -9 a writing backend',
        run: killBackend,
      })),
    expect,
  },
  {
    ...base,
    id: 'postgres-freeze',
    row: '26',
    title: 'Postgres frozen for 8 s',
    smoke: true,
    needs: ['postgres.pause', 'postgres.resume'],
    plan: (random) => [control(0, 'postgres', 'pause'), control(about(random, 8 * SECOND), 'postgres', 'resume')],
    expect,
  },
  {
    ...base,
    id: 'postgres-lost-connections',
    row: '27',
    title: 'open connections to Postgres go silent, new ones work',
    smoke: true,
    needs: ['postgres'],
    plan: (random) => inTurn(random, 'postgres', [{ kind: 'black_hole', existingOnly: true }, 10 * SECOND]),
    expect,
  },
  {
    ...base,
    id: 'postgres-black-hole',
    row: '27b',
    title: 'everything sent to Postgres vanishes for 8 s',
    needs: ['postgres'],
    plan: (random) => inTurn(random, 'postgres', [{ kind: 'black_hole' }, 8 * SECOND]),
    expect,
  },
  {
    ...base,
    id: 'postgres-crowded',
    row: '28',
    title: 'nearly all connections taken, and a hot record locked for 10 s',
    needs: ['postgres'],
    plan: (random) => [
      { atMs: 0, what: 'take connections and lock the record k0', run: crowd },
      {
        atMs: about(random, 10 * SECOND),
        what: 'let go',
        run: async (stage) => await stage.postgres?.letGo(),
      },
    ],
    // It is reachable, but slow: reads continue, and no copy answers in its place.
    expect: { service: 'postgres', flips: 0, excuses: isHonestWrite },
  },
  {
    ...base,
    id: 'postgres-old-snapshot',
    row: '29',
    title: 'a snapshot held for 60 s while records change',
    needs: ['postgres'],
    plan: () => [
      {
        atMs: 0,
        what: 'open a snapshot',
        run: async (stage) =>
          await stage.postgres?.hold(
            'set transaction isolation level repeatable read',
            'set local idle_in_transaction_session_timeout = 0',
            'select count(*) from pg_class',
          ),
      },
      { atMs: 60 * SECOND, what: 'close it', run: async (stage) => await stage.postgres?.letGo() },
    ],
    expect: { service: 'qdrant', flips: 0 },
  },
  {
    ...base,
    id: 'postgres-failover',
    row: '30',
    title: 'Postgres dies for good, and the standby that every commit had waited for is promoted',
    replicas: 2,
    needs: ['postgres.standby', 'postgres.kill', 'postgres.up'],
    plan: (random) => {
      const dies = about(random, 12 * SECOND);
      return [
        { atMs: 0, what: 'make a standby, and let commits wait for it', run: follow },
        control(dies, 'postgres', 'kill'),
        {
          atMs: dies + about(random, 2 * SECOND),
          what: 'promote the standby, and send everybody there',
          run: failOver,
        },
      ];
    },
    expect,
  },
  {
    ...base,
    id: 'postgres-full-disk',
    row: '31',
    title: "Postgres' disk is full for 10 s",
    needs: ['postgres.small_tablespace'],
    plan: (random) => [
      { atMs: 0, what: 'fill the disk', run: async (stage) => await stage.postgres?.fillDisk() },
      {
        atMs: about(random, 10 * SECOND),
        what: 'make room',
        run: async (stage) => await stage.postgres?.freeDisk(),
      },
    ],
    expect: { service: 'qdrant', flips: 0, excuses: isFull },
  },
  {
    ...base,
    id: 'postgres-and-qdrant',
    row: '38',
    title: 'Qdrant down while Postgres restarts',
    needs: ['qdrant.kill', 'qdrant.up', 'postgres.kill', 'postgres.up'],
    plan: (random) => {
      const restart = about(random, 3 * SECOND);
      return [
        control(0, 'qdrant', 'kill'),
        control(restart, 'postgres', 'kill'),
        control(restart, 'postgres', 'up'),
        control(restart + about(random, 5 * SECOND), 'qdrant', 'up'),
      ];
    },
    expect: { service: 'qdrant', mustLeave: true, excuses: once('postgres', isHonest) },
  },
  {
    ...base,
    id: 'postgres-and-qdrant-silent',
    row: '38b',
    title: 'both silent for 8 s, then both back',
    needs: ['qdrant', 'postgres'],
    plan: (random) => {
      const end = about(random, 8 * SECOND);
      return [
        inject(0, 'postgres', { kind: 'black_hole' }),
        inject(0, 'qdrant', { kind: 'black_hole' }),
        inject(end, 'postgres', { kind: 'none' }),
        inject(end, 'qdrant', { kind: 'none' }),
      ];
    },
    expect: { service: 'qdrant', excuses: isHonest, mayBeStale: true },
  },
];

const follow = async ({ controls, postgres }: Stage): Promise<void> => {
  await controls.runStandby('up');
  await postgres?.waitForStandby();
};

const failOver = async (stage: Stage): Promise<void> => {
  const { url } = stage.services.postgres?.standby ?? {};
  if (url === undefined) throw new Error('There is no standby of Postgres.');
  await promote(url);
  const { hostname: host, port } = new URL(url);
  proxyOf(stage, 'postgres').redirect({ host, port: Number(port) });
};

const killBackend = async (stage: Stage): Promise<void> => {
  const pid = await stage.postgres?.killWritingBackend(3 * SECOND);
  stage.note(pid === undefined ? 'no backend was writing' : `killed the backend ${pid}`);
};

/** Leaves a few connections, and holds the lock of the record that is written most. */
const crowd = async (stage: Stage): Promise<void> => {
  const { postgres } = stage;
  if (!postgres) return;
  const free = await postgres.query<{ free: number }>(
    `select current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
       - count(*)::int as free from pg_stat_activity`,
  );
  const taken = Math.max(0, (free[0]?.free ?? 0) - LEFT_CONNECTIONS);
  const noTimeout = 'set local idle_in_transaction_session_timeout = 0';
  await postgres.hold(noTimeout, `select 1 from zerodb_vectors where id = 'k0' for update`);
  for (let connection = 1; connection < taken; connection += 1) await postgres.hold(noTimeout, 'select 1');
  stage.note(`${taken} connections taken`);
};
