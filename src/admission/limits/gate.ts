import type { AdaptiveLimit } from './adaptive-limit';
import type { Clock } from './clock';
import { Departures } from './departures';
import { WaitingLine, type Waiter } from './waiting-line';

/** Why a request was refused: its project holds its share while others are served, or the process has too much to do. */
export type Refusal = 'share' | 'overloaded';

export interface GateOptions {
  readonly limit: AdaptiveLimit;
  readonly clock: Clock;
  /** Makes the error. */
  readonly refuse: (refusal: Refusal) => Error;
}

/** A request that runs. */
export interface Place {
  readonly project: number;
  readonly since: number;
}

/**
 * Of its time, what a request may be expected to wait. Short: a line gets slower without notice, and whoever was promised a
 * turn must still have it then. With a quarter, one in twenty refusals beside eight busy loops came after 1.6 s of waiting.
 */
const FORESEEN_WAIT_SHARE = 0.15;
/** The same with the work itself. */
const WITH_WORK = 0.5;
/** And the most that it does wait, when it takes longer than foreseen. */
const MAX_WAIT_SHARE = 0.8;
/** Milliseconds that a request waits when there is no hope for all: a refusal goes out within 50. */
export const BRIEF_MS = 10;
/** The share of the slots that one project may use: the rest stays free for others. */
const MOST_OF_ALL = 0.75;
/** A project that was here so lately counts when places are shared out. */
const PRESENT_MS = 1_000;

interface Project {
  readonly id: number;
  running: number;
  readonly line: WaitingLine;
  /** Whoever came last could not be served in its time, if it stood at the end of the line. */
  isCrowded: boolean;
  seenAt: number;
}

/** Requests of one kind: so many at once, fair between projects, and refused at once when there is no hope for them. */
export class Gate {
  private readonly projects = new Map<number, Project>();
  private readonly queues = new Set<Project>();
  private readonly departures = new Departures();
  private running = 0;
  private waiting = 0;
  private sweptAt = 0;

  constructor(private readonly options: GateOptions) {}

  get inFlight(): number {
    return this.running;
  }

  get inLine(): number {
    return this.waiting;
  }

  /** Whether a request of this project, with so many milliseconds left, would be refused now. */
  wouldRefuse(projectId: number, leftMs: number): boolean {
    const project = this.projects.get(projectId);
    if (project === undefined || (project.line.size === 0 && this.hasPlace(project))) return false;
    if (project.line.size === 0) project.isCrowded = false;
    return this.patienceFor(project, leftMs) <= 0;
  }

  /** Throws, or rejects, when there is no hope; rejects with the signal's reason when that aborts first. */
  acquire(projectId: number, leftMs: number, signal?: AbortSignal): Place | Promise<Place> {
    const project = this.projectOf(projectId);
    if (this.waiting > 0 && this.options.limit.isBlind) this.admitWaiting();
    if (project.line.size === 0 && this.hasPlace(project)) return this.start(project);
    this.options.limit.recordDemand();
    if (project.line.size === 0) project.isCrowded = false;
    const patience = this.patienceFor(project, leftMs);
    if (patience <= 0) throw this.refusal(project);
    return this.wait(project, patience, signal);
  }

  release(place: Place): void {
    const project = this.projects.get(place.project);
    this.running -= 1;
    if (project) project.running -= 1;
    this.departures.count(this.options.clock.now());
    this.admitWaiting();
    if (this.waiting === 0) this.departures.end();
  }

  /** The error for a request of this project that has no hope. */
  refusalOf(projectId: number): Error {
    return this.refusal(this.projectOf(projectId));
  }

  private hasPlace(project: Project): boolean {
    const limit = this.options.limit.value;
    return this.running < limit && project.running < mostFor(limit);
  }

  private start(project: Project): Place {
    this.running += 1;
    project.running += 1;
    return { project: project.id, since: this.options.clock.now() };
  }

  /** Milliseconds it may wait. None when its turn would come later than that. */
  private patienceFor(project: Project, leftMs: number): number {
    const { typicalMs, steady } = this.options.limit;
    const places = Math.min(mostFor(steady), Math.max(1, steady / this.projects.size));
    const turnMs = Math.max(
      Math.floor(project.line.size / places) * typicalMs,
      this.measuredMs(project, places / steady),
    );
    // Alone it is asked again each time: clients that come back as soon as they are refused would keep themselves out.
    // Beside others its line has to end first, so that they are not served behind it.
    const isFull = turnMs > leftMs * FORESEEN_WAIT_SHARE || turnMs + typicalMs > leftMs * WITH_WORK;
    project.isCrowded = isFull || (project.isCrowded && this.projects.size > 1);
    if (!project.isCrowded) return leftMs * MAX_WAIT_SHARE;
    // A timer of a late process fires late: what it is late by is not waited.
    const brief = Math.min(BRIEF_MS - this.options.clock.lateMs(), leftMs * FORESEEN_WAIT_SHARE);
    // No more than can be served meanwhile: who waits to be refused has been read and parsed for nothing.
    return ((project.line.size + 1) / places) * typicalMs <= brief ? brief : 0;
  }

  /**
   * For the line of a project with this share of the places, by what is served at present. Places and times say too little
   * when load comes all at once: calls that took 8 ms each take 100 ms beside thirty others.
   */
  private measuredMs(project: Project, share: number): number {
    // Calls that wait for a service that answers nobody do not show what is served once it does.
    if (this.options.limit.isBlind) this.departures.end();
    const { perMs } = this.departures;
    return perMs === undefined ? 0 : project.line.size / (perMs * share);
  }

  private wait(project: Project, patienceMs: number, signal: AbortSignal | undefined): Promise<Place> {
    return new Promise((resolve, reject) => {
      const isBrief = project.isCrowded;
      const end = (): void => {
        cancel();
        signal?.removeEventListener('abort', hangUp);
      };
      const waiter: Waiter = {
        isWaiting: true,
        enter: () => {
          end();
          resolve(this.start(project));
        },
      };
      const give = (error: Error): void => {
        end();
        this.dropOut(project, waiter, isBrief);
        reject(error);
      };
      const hangUp = (): void => give(signal?.reason as Error);
      const cancel = this.options.clock.after(patienceMs, () => {
        if (this.options.limit.isBlind) this.admitWaiting();
        if (waiter.isWaiting) give(this.refusal(project));
      });
      project.line.add(waiter, isBrief);
      this.waiting += 1;
      this.departures.begin(this.options.clock.now());
      this.queues.add(project);
      if (signal?.aborted) hangUp();
      else signal?.addEventListener('abort', hangUp, { once: true });
    });
  }

  private dropOut(project: Project, waiter: Waiter, isBrief: boolean): void {
    project.line.drop(waiter, isBrief);
    this.waiting -= 1;
    this.requeue(project);
  }

  /** Hands out free places: always to the project that has the fewest. */
  private admitWaiting(): void {
    for (;;) {
      const project = this.leastServedProject();
      const waiter = project?.line.next();
      if (!project || !waiter) return;
      this.waiting -= 1;
      this.requeue(project);
      waiter.enter();
    }
  }

  private leastServedProject(): Project | undefined {
    let chosen: Project | undefined;
    for (const project of this.queues) {
      if (!this.hasPlace(project)) continue;
      if (!chosen || project.running < chosen.running) chosen = project;
    }
    return chosen;
  }

  /** Who was served goes behind the others; a project without a line is no longer crowded. */
  private requeue(project: Project): void {
    this.queues.delete(project);
    if (project.line.size > 0) this.queues.add(project);
    else project.isCrowded = false;
  }

  private refusal(project: Project): Error {
    const share = this.options.limit.value / this.projects.size;
    return this.options.refuse(this.projects.size > 1 && project.running >= share ? 'share' : 'overloaded');
  }

  private projectOf(id: number): Project {
    const now = this.options.clock.now();
    if (now - this.sweptAt > PRESENT_MS) this.sweep(now);
    let project = this.projects.get(id);
    if (!project) {
      project = { id, running: 0, line: new WaitingLine(), isCrowded: false, seenAt: now };
      this.projects.set(id, project);
    }
    project.seenAt = now;
    return project;
  }

  private sweep(now: number): void {
    this.sweptAt = now;
    for (const [id, { running, line, seenAt }] of this.projects) {
      if (running === 0 && line.size === 0 && now - seenAt > PRESENT_MS) this.projects.delete(id);
    }
  }
}

const mostFor = (limit: number): number => Math.max(1, Math.floor(limit * MOST_OF_ALL));
