import { FairSlots } from '../../common/fair-slots';
import { remainingMs } from '../../common/deadline';
import { isServiceFault, ServiceFault } from '../../common/service-fault';
import type { Direction, ServiceGate } from '../../registry/service';
import type { StoreName } from '../../orchestrator/file-route';
import type { FileStore } from '../file-store.port';

const MIB = 1024 * 1024;
/** Time limit of one call: a base, and an addition for each MiB. */
const CALL_MS = 5_000;
const MS_PER_MIB = 1_000;
/** The last store gets more time: no other can take the call. */
const LAST_RESORT_MS = 30_000;
/**
 * Concurrent writes, shared between projects; more wait here, at one part of memory each, instead of being refused by
 * the gate.
 */
const MAX_WRITES = 24;

/** One store with its gate: each call has a time limit, and its outcome reaches the judge of the service. */
export class StoreHandle {
  private readonly writes = new FairSlots(MAX_WRITES);
  private isPrepared = false;
  private hasNoRoom = false;

  constructor(
    readonly name: StoreName,
    readonly store: FileStore,
    private readonly gate?: () => ServiceGate | undefined,
  ) {}

  admits(direction: Direction): boolean {
    return this.gate?.()?.admits(direction) ?? true;
  }

  /** Whether the last write failed because the store is full. */
  get isFull(): boolean {
    return this.hasNoRoom;
  }

  /** Rejects with a `ServiceFault`, or with the reason of `signal`. */
  async read<T>(bytes: number, call: (signal: AbortSignal) => Promise<T>, signal?: AbortSignal): Promise<T> {
    return this.run('read', bytes, call, signal);
  }

  /** For a project, or for background work (0), which waits its turn like a project. */
  async write<T>(
    projectId: number,
    bytes: number,
    call: (signal: AbortSignal) => Promise<T>,
    signal?: AbortSignal,
  ): Promise<T> {
    const work = async (): Promise<T> => {
      signal?.throwIfAborted();
      try {
        const result = await this.run('write', bytes, (inner) => this.prepared(inner, call), signal);
        this.hasNoRoom = false;
        return result;
      } catch (error) {
        if (isServiceFault(error) && error.kind !== 'not_admitted') this.hasNoRoom = error.isFull;
        // The bucket is gone: the next write recreates it.
        if (isServiceFault(error) && error.kind === 'wrong_data') this.isPrepared = false;
        throw error;
      }
    };
    return this.writes.run(projectId, work, signal);
  }

  private async prepared<T>(signal: AbortSignal, call: (signal: AbortSignal) => Promise<T>): Promise<T> {
    if (!this.isPrepared) await this.store.prepare(signal);
    this.isPrepared = true;
    return call(signal);
  }

  private run<T>(
    direction: Direction,
    bytes: number,
    call: (signal: AbortSignal) => Promise<T>,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    const gate = this.gate?.();
    const mostMs = (gate ? CALL_MS : LAST_RESORT_MS) + MS_PER_MIB * Math.ceil(bytes / MIB);
    // The stand-in needs a part of a short deadline, too.
    const timeoutMs = gate ? Math.min(mostMs, remainingMs(signal, Infinity) / 2) : mostMs;
    return gate ? gate.run(direction, call, { timeoutMs, signal }) : withinTime(this.name, timeoutMs, call, signal);
  }
}

const withinTime = async <T>(
  service: string,
  timeoutMs: number,
  call: (signal: AbortSignal) => Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T> => {
  const controller = new AbortController();
  const follow = (): void => controller.abort(signal?.reason);
  signal?.addEventListener('abort', follow, { once: true });
  if (signal?.aborted) follow();
  const timer = setTimeout(
    () => controller.abort(new ServiceFault(service, 'timeout', `${service} did not answer within ${timeoutMs} ms.`)),
    timeoutMs,
  );
  const ended = new Promise<never>((_resolve, reject) => {
    controller.signal.addEventListener('abort', () => reject(controller.signal.reason as Error), { once: true });
  });
  ended.catch(() => undefined);
  try {
    controller.signal.throwIfAborted();
    return await Promise.race([call(controller.signal), ended]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', follow);
  }
};
