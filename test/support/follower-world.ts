import type { Executor, QueryResult, SystemDatabase } from '../../src/database/database.port';
import type { SessionDatabase } from '../../src/database/sessions/session-database';
import { markDirty } from '../../src/followers/dirty';
import { NoCanaryCheck } from '../../src/followers/canary-check';
import { Comparison } from '../../src/followers/comparison';
import { CopyBuilder } from '../../src/followers/copy-builder';
import { CopyStore } from '../../src/followers/copy-store';
import { DirtyStore } from '../../src/followers/dirty-store';
import { DriftMeter } from '../../src/followers/drift-meter';
import { FollowedRecords } from '../../src/followers/followed-records';
import { FollowerWorker } from '../../src/followers/follower-worker';
import { GatedTarget, Sender } from '../../src/followers/sender';
import { StorageStore } from '../../src/followers/storage-store';
import { FakeFollowerTarget, type Weather } from './fake-follower-target';
import { FAST } from './follower';
import { StillRegistry } from './registry';

const FOLLOWER = 'qdrant';
const IDS = ['a', 'b', 'c', 'd', 'e', 'f'];
/** What was sent arrives within this time or never: as long as the follower reckons with it. */
const GHOST_MS = FAST.ghostMs - 1_000;

/** A part of the world that does one thing at a time and may die in the middle of it. */
class Actor {
  readonly target: FakeFollowerTarget;
  readonly database: MortalDatabase;
  /** A call that waits for the world to decide what becomes of it. */
  pending: { answer: (weather: Weather) => void; readonly sinceMs: number } | undefined;
  running: Promise<void> | undefined;
  crashed = false;
  private changed: () => void = () => undefined;

  constructor(
    readonly world: FollowerWorld,
    readonly work: (actor: Actor) => Promise<unknown>,
  ) {
    this.database = new MortalDatabase(world.database);
    this.target = new FakeFollowerTarget(world.copies);
    this.target.poison.add(world.poison);
    this.target.pause = () =>
      new Promise((resolve) => {
        this.pending = {
          sinceMs: world.nowMs,
          answer: (weather) => {
            this.pending = undefined;
            resolve(weather);
          },
        };
        this.changed();
      });
  }

  start(): void {
    this.running = this.work(this)
      .catch((error: unknown) => void this.world.errors.push(error))
      .then(() => {
        this.running = undefined;
        this.changed();
      });
  }

  /** Resolves when it waits for the world, or is done. */
  async quiet(): Promise<void> {
    while (this.running && !this.pending && !this.crashed) {
      await new Promise<void>((resolve) => (this.changed = resolve));
    }
  }

  /** Its process ends: nothing it still does reaches the database. A call under way may get through all the same. */
  crash(): void {
    this.crashed = true;
    this.database.isDead = true;
    const call = this.pending;
    if (call) this.world.strays.push({ land: () => call.answer('fine'), sinceMs: call.sinceMs });
    this.pending = undefined;
  }
}

/** Dies with its process: from then on no call comes back. */
class MortalDatabase {
  isDead = false;
  readonly system: SystemDatabase;

  constructor(database: SessionDatabase) {
    const alive = <T>(work: () => Promise<T>): Promise<T> => (this.isDead ? new Promise<T>(() => undefined) : work());
    const guarded = <T>(work: () => Promise<T>): Promise<T> => alive(work).then((result) => alive(async () => result));
    this.system = {
      query: <Row>(sql: string, params?: readonly unknown[]): Promise<QueryResult<Row>> =>
        guarded(() => database.system.query<Row>(sql, params)),
      transaction: <T>(work: (tx: Executor) => Promise<T>) => guarded(() => database.system.transaction(work)),
    };
  }
}

/**
 * Writers, two workers, a builder and an engine, run step by step by a seeded generator: one seed is one schedule. Time
 * is moved by shifting what the tables hold.
 */
export class FollowerWorld {
  readonly copies: FakeFollowerTarget['copies'] = new Map();
  readonly strays: { land: () => void; readonly sinceMs: number }[] = [];
  readonly errors: unknown[] = [];
  /** What happened at least once. */
  readonly seen: Record<string, number> = {};
  readonly poison = 'f';
  readonly registry = new StillRegistry();
  nowMs = 0;
  private readonly copyStore: CopyStore;
  private readonly dirtyStore: DirtyStore;
  private readonly storage: StorageStore;
  private actors: Actor[] = [];

  constructor(
    readonly database: SessionDatabase,
    private readonly collection: { readonly id: number; readonly projectId: number },
    private readonly random: () => number,
    private readonly mayCrash: boolean,
  ) {
    this.copyStore = new CopyStore(database, FOLLOWER);
    this.dirtyStore = new DirtyStore(database, FOLLOWER);
    this.storage = new StorageStore(database, FOLLOWER);
    this.registry.states.set('qdrant', 'up');
  }

  async begin(): Promise<void> {
    await this.database.system.query(`delete from zerodb_followers`);
    await this.database.system.query(`delete from zerodb_dirty`);
    await this.database.system.query(`delete from zerodb_vectors_${this.collection.id}`);
    for (let i = 0; i < 4; i += 1) await this.write();
    await this.storage.attach();
    await this.copyStore.planBuilds();
    this.actors = [this.worker(), this.worker(), this.builder()];
  }

  async step(): Promise<void> {
    const what = this.pick(STEPS);
    await this[what]();
    await Promise.all(this.actors.map((actor) => actor.quiet()));
    await this.mustCover();
  }

  /** The weather clears, what is under way arrives, time passes: then both must be equal. */
  async finish(): Promise<void> {
    this.registry.states.set('qdrant', 'up');
    for (const stray of this.strays.splice(0)) stray.land();
    for (let round = 0; round < 40; round += 1) {
      for (const [index, actor] of this.actors.entries()) {
        if (actor.crashed) this.actors[index] = new Actor(this, actor.work);
        if (!this.actors[index]?.running) this.actors[index]?.start();
      }
      await this.calm();
      await this.advance(round % 4 === 3 ? 400_000 : 31_000);
      await this.dirtyStore.sweep(1_000);
      if ((await this.unsent()) === 0 && (await this.serving()) !== undefined) break;
    }
    await this.mustCover();
  }

  /** A whole cycle of the drift meter, with workers to repair what it finds. */
  async cycle(): Promise<void> {
    const target = new FakeFollowerTarget(this.copies);
    const parts = this.parts(this.database, target);
    const worker = this.workerOn(this.database, target);
    const comparison = new Comparison(parts.records, this.dirtyStore, parts.gated, FAST);
    const meter = new DriftMeter(this.copyStore, parts.records, comparison, parts.gated, FAST, () => undefined);
    const step = meter.step(AbortSignal.timeout(10_000));
    let isOver = false;
    void step.finally(() => (isOver = true));
    while (!isOver) {
      await worker.round();
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    await step;
  }

  /** Ids and versions on both sides, without the record that the engine refuses. */
  async both(): Promise<{ record: Record<string, number>; copy: Record<string, number> }> {
    const rows = (await this.records()).filter(({ id }) => id !== this.poison);
    const copied = [...((await this.serving())?.values() ?? [])].filter(({ id }) => id !== this.poison);
    const toObject = (list: readonly { id: string; version: number }[]): Record<string, number> =>
      Object.fromEntries(list.map(({ id, version }) => [id, version] as const).sort(([a], [b]) => (a < b ? -1 : 1)));
    return { record: toObject(rows), copy: toObject(copied) };
  }

  // Steps. Their names are in STEPS, with how often they are taken.

  async write(): Promise<void> {
    const { id, projectId } = this.collection;
    await this.database.system.query(
      `with written as (insert into zerodb_vectors_${id} as r
         (collection_id, project_id, id, embedding, embedded_from, metadata, words)
         values (${id}, ${projectId}, $1, $2::vector, 'vector', '{}', '{}')
         on conflict (collection_id, id) do update set embedding = excluded.embedding, version = nextval('zerodb_version')
         returning id, version)
       ${markDirty(this.collection, 'written')}`,
      [this.pick(IDS), `[${Math.ceil(this.random() * 100)}]`],
    );
  }

  async remove(): Promise<void> {
    await this.database.system.query(
      `with gone as (delete from zerodb_vectors_${this.collection.id} where id = $1
         returning id, nextval('zerodb_version') as version)
       ${markDirty(this.collection, 'gone')}`,
      [this.pick(IDS)],
    );
  }

  async start(): Promise<void> {
    const idle = this.actors.filter((actor) => !actor.running && !actor.crashed);
    if (idle.length > 0) this.pick(idle).start();
    await Promise.resolve();
  }

  async answer(): Promise<void> {
    const waiting = this.actors.filter(({ pending }) => pending);
    if (waiting.length === 0) return;
    const { pending } = this.pick(waiting);
    const weather = this.pick(WEATHERS);
    if (!pending) return;
    this.count(weather);
    pending.answer(weather);
    await Promise.resolve();
  }

  async land(): Promise<void> {
    this.collectGhosts();
    if (this.strays.length === 0) return;
    this.count('landed');
    this.strays.splice(Math.floor(this.random() * this.strays.length), 1)[0]?.land();
    await Promise.resolve();
  }

  async crash(): Promise<void> {
    const index = Math.floor(this.random() * this.actors.length);
    const actor = this.actors[index];
    if (!actor?.running || !this.mayCrash) return;
    this.count(actor.pending ? 'crashed in a call' : 'crashed');
    actor.crash();
    this.actors[index] = new Actor(this, actor.work);
    await Promise.resolve();
  }

  async pass(): Promise<void> {
    await this.advance(this.pick([500, 2_000, 6_000, 31_000, 61_000]));
  }

  async sweep(): Promise<void> {
    await this.dirtyStore.sweep(1_000);
  }

  async outage(): Promise<void> {
    this.registry.states.set('qdrant', this.registry.states.get('qdrant') === 'up' ? 'down' : 'up');
    await Promise.resolve();
  }

  async rebuild(): Promise<void> {
    this.count('rebuilt');
    await this.copyStore.planBuilds({ anew: true });
  }

  /** The engine comes back empty, and the guard has seen it. */
  async wipe(): Promise<void> {
    if (this.random() > 0.3) return;
    this.count('wiped');
    this.copies.clear();
    const { storageId } = await this.storage.attach();
    await this.storage.replace(storageId);
    await this.copyStore.planBuilds();
  }

  private worker(): Actor {
    return new Actor(this, async (actor) => {
      const { applied, fault } = await this.workerOn(
        actor.database as unknown as SessionDatabase,
        actor.target,
      ).round();
      if (applied > 0) this.count('applied');
      if (fault) this.count(`fault ${fault.kind}`);
    });
  }

  private workerOn(database: SessionDatabase, target: FakeFollowerTarget): FollowerWorker {
    const { copies, dirty, records, gated } = this.parts(database, target);
    const sender = new Sender(records, gated, FAST, async (copy, fault) => {
      await copies.retire(copy, fault.message);
      await copies.planBuilds();
    });
    return new FollowerWorker(dirty, copies, sender, gated, { ...FAST, claimEntries: 4 }, () => 0);
  }

  /** The comparison is left out: without its help everything must be there. */
  private builder(): Actor {
    return new Actor(this, async (actor) => {
      const { copies, records, dirty, gated } = this.parts(actor.database as unknown as SessionDatabase, actor.target);
      const blind = { differences: () => Promise.resolve([]) } as unknown as Comparison;
      const options = { ...FAST, pageRecords: 2 };
      const onCopied = (): void => this.count('copied');
      const builder = new CopyBuilder(copies, records, dirty, blind, gated, new NoCanaryCheck(), options, onCopied);
      const result = await builder.buildNext(new AbortController().signal).catch(() => undefined);
      if (result) this.count(result);
    });
  }

  private parts(database: SessionDatabase, target: FakeFollowerTarget) {
    return {
      copies: new CopyStore(database, FOLLOWER),
      dirty: new DirtyStore(database, FOLLOWER),
      records: new FollowedRecords(database),
      gated: new GatedTarget(target, this.registry.gate('qdrant'), FAST),
    };
  }

  /** Everybody works in fine weather until nobody has anything under way. */
  private async calm(): Promise<void> {
    for (;;) {
      await Promise.all(this.actors.map((actor) => actor.quiet()));
      const waiting = this.actors.filter(({ pending }) => pending);
      if (waiting.length === 0) return;
      for (const { pending } of waiting) pending?.answer('fine');
    }
  }

  private collectGhosts(): void {
    for (const { target } of this.actors) {
      for (const land of target.ghosts.splice(0)) this.strays.push({ land, sinceMs: this.nowMs });
    }
  }

  /** Nothing that was sent arrives later than the follower reckons with. */
  private async advance(ms: number): Promise<void> {
    this.collectGhosts();
    for (const stray of this.strays.splice(0)) {
      if (stray.sinceMs + GHOST_MS > this.nowMs + ms) this.strays.push(stray);
      else if (this.random() < 0.7) stray.land();
    }
    this.nowMs += ms;
    const back = (column: string): string => `${column} = ${column} - interval '${ms} ms'`;
    const columns = ['run_after', 'lease_until', 'sent_at', 'recheck_at', 'unsure_until', 'dirty_at'];
    await this.database.system.query(`update zerodb_dirty set ${columns.map(back).join(', ')}`);
    await this.database.system.query(`update zerodb_copies set ${['lease_until', 'updated_at'].map(back).join(', ')}`);
  }

  /**
   * The promise to searches: whatever is not in the tail is in the copy that serves as it is in the record. What was
   * deleted and is still in the copy is dropped when it is looked up.
   */
  private async mustCover(): Promise<void> {
    const content = await this.serving();
    if (!content) return;
    this.count('covered');
    const { rows } = await this.database.system.query<{ id: string }>(
      'select id from zerodb_dirty where sent_at is null',
    );
    const tail = new Set(rows.map(({ id }) => id));
    for (const { id, version } of await this.records()) {
      if (tail.has(id) || content.get(id)?.version === version) continue;
      throw new Error(
        `"${id}" has version ${version}, its copy ${content.get(id)?.version}, and it is not in the tail.`,
      );
    }
  }

  private async serving() {
    const epoch = (await this.copyStore.servingCopies()).get(this.collection.id)?.epoch;
    return epoch === undefined ? undefined : this.copies.get(`${this.collection.id}/${epoch}`);
  }

  private async records(): Promise<readonly { id: string; version: number }[]> {
    const sql = `select id, version from zerodb_vectors_${this.collection.id} order by id`;
    return (await this.database.system.query<{ id: string; version: number }>(sql)).rows;
  }

  private async unsent(): Promise<number> {
    const sql = 'select id from zerodb_dirty where sent_at is null and not parked';
    return (await this.database.system.query(sql)).rowCount;
  }

  private count(what: string): void {
    this.seen[what] = (this.seen[what] ?? 0) + 1;
  }

  private pick<T>(list: readonly T[]): T {
    return list[Math.floor(this.random() * list.length)] as T;
  }
}

const times = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);

const STEPS = [
  ...times(6, 'write' as const),
  ...times(4, 'remove' as const),
  ...times(10, 'start' as const),
  ...times(14, 'answer' as const),
  ...times(3, 'land' as const),
  ...times(3, 'pass' as const),
  ...times(2, 'crash' as const),
  'sweep' as const,
  'outage' as const,
  'rebuild' as const,
  'wipe' as const,
];

const WEATHERS: readonly Weather[] = [
  ...times(7, 'fine' as const),
  'lost',
  'ghost',
  'ghost',
  'refused',
  'server_error',
];
