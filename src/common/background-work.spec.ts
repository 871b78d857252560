import type { BackgroundLoop } from './background-loop';
import type { PieceView } from './background-piece';
import { BackgroundWork } from './background-work';
import { unavailable } from './errors';
import { ServiceFault } from './service-fault';

const PIECE = { name: 'sweeper', description: 'Sweeps.', intervalMs: 1_000, role: 'any' } as const;

/** Lets everything run that is due within `ms` of the faked clock. */
const pass = async (ms: number): Promise<void> => await jest.advanceTimersByTimeAsync(ms);

const viewOf = (background: BackgroundWork): PieceView => {
  const [view] = background.views();
  if (!view) throw new Error('nothing is listed');
  return view;
};

describe('the registry of background work', () => {
  let background: BackgroundWork;
  let logged: string[];

  beforeEach(() => {
    jest.useFakeTimers();
    logged = [];
    background = new BackgroundWork('all', (message) => logged.push(message));
  });

  afterEach(() => jest.useRealTimers());

  it('lists what was registered by name, stopped until it is started', async () => {
    const second = background.whileMore({ ...PIECE, name: 'second' }, async () => false);
    background.whileMore({ ...PIECE, name: 'first' }, async () => false);
    expect(background.views().map(({ name, state }) => [name, state])).toEqual([
      ['first', 'stopped'],
      ['second', 'stopped'],
    ]);
    second.start();
    await pass(0);
    expect(background.views()[1]).toMatchObject({ ...PIECE, name: 'second', state: 'idle', runs: 1, failures: 0 });
    await second.stop();
    expect(background.views()[1]).toMatchObject({ state: 'stopped', nextRun: null });
  });

  it('refuses a name that is taken, until its piece is removed', () => {
    const register = () => background.every(PIECE, () => undefined);
    const loop = register();
    expect(register).toThrow('The background work "sweeper" is already registered.');
    background.remove(loop);
    expect(register).not.toThrow();
  });

  it.each([
    ['all', 'worker', 'idle'],
    ['worker', 'worker', 'idle'],
    ['api', 'worker', 'stopped'],
    ['api', 'any', 'idle'],
  ] as const)('in the role %s, work of %s is %s', async (role, of, state) => {
    const registry = new BackgroundWork(role);
    const loop = registry.whileMore({ ...PIECE, role: of }, async () => false);
    loop.start();
    await pass(0);
    expect(viewOf(registry)).toMatchObject({ state, runs: state === 'idle' ? 1 : 0 });
    await loop.stop();
  });

  it('says when a piece ran, how long it took and when it runs next', async () => {
    jest.setSystemTime(new Date('2026-01-01T00:00:00Z'));
    const loop = background.withPauses(PIECE, () => new Promise((resolve) => setTimeout(resolve, 200)));
    loop.start();
    expect(viewOf(background)).toMatchObject({ state: 'running', runs: 0, lastRun: null, nextRun: null });
    await pass(200);
    expect(viewOf(background)).toMatchObject({
      state: 'idle',
      lastRun: { at: new Date('2026-01-01T00:00:00.200Z'), tookMs: 200, outcome: 'ok' },
      nextRun: new Date('2026-01-01T00:00:01.200Z'),
    });
    await loop.stop();
  });

  it('keeps a fault, and says when it was cleared', async () => {
    let fault: Error | undefined = new ServiceFault('qdrant', 'refused', 'Qdrant cannot be reached');
    const loop = background.withPauses(PIECE, async () => {
      if (fault) throw fault;
    });
    loop.start();
    await pass(1_500);
    const shown = { message: 'Qdrant cannot be reached', clearedAt: null };
    expect(viewOf(background)).toMatchObject({ state: 'failing', runs: 2, failures: 2, lastFault: shown });
    expect(logged).toEqual(Array(2).fill('The background work "sweeper" is tried again: Qdrant cannot be reached'));
    fault = undefined;
    await pass(1_000);
    const view = viewOf(background);
    expect(view).toMatchObject({ state: 'idle', runs: 3, failures: 2, lastRun: { outcome: 'ok' } });
    expect(view.lastFault).toMatchObject({ message: 'Qdrant cannot be reached', clearedAt: view.lastRun?.at });
    await loop.stop();
  });

  it.each<[unknown, RegExp]>([
    [unavailable('Postgres'), /Postgres|postgres/],
    [
      Object.assign(new Error('duplicate key: (alice@example.com)'), { code: '23505' }),
      /^Postgres refused .* \(23505\)$/,
    ],
    [Object.assign(new Error('connect postgres://u:hush@db'), { code: 'ECONNREFUSED' }), /\(Error ECONNREFUSED\)/],
    [new TypeError('Bearer hush'), /\(TypeError\)/],
    ['hush', /\(string\)/],
  ])('tells no secret of a fault: %s', async (error, told) => {
    const loop = background.withPauses(PIECE, () => Promise.reject(error));
    loop.start();
    await pass(0);
    const message = viewOf(background).lastFault?.message;
    expect(message).toMatch(told);
    expect(message).not.toMatch(/hush|alice/);
    await loop.stop();
  });

  it('counts a fault that the work handles itself, and only within a run', async () => {
    const loop: BackgroundLoop = background.withPauses(PIECE, async () =>
      loop.recordFault(new ServiceFault('llm', 'timeout', 'too late')),
    );
    loop.recordFault(new Error('before any run'));
    expect(viewOf(background).lastFault).toBeNull();
    loop.start();
    await pass(0);
    expect(viewOf(background)).toMatchObject({ state: 'failing', failures: 1, lastFault: { message: 'too late' } });
    expect(logged).toEqual([]);
    await loop.stop();
  });

  it('reports each run to its listeners until they are taken away', async () => {
    const seen: string[] = [];
    const off = background.onRun(({ name }, { outcome }) => seen.push(`${name} ${outcome}`));
    const loop = background.withPauses(PIECE, async () => {
      if (seen.length === 0) throw new Error('at first');
    });
    loop.start();
    await pass(1_500);
    off();
    await pass(5_000);
    expect(seen).toEqual(['sweeper failed', 'sweeper ok']);
    await loop.stop();
  });
});
