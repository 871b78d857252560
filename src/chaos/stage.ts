import type { ReplicaClock } from './clock';
import type { Controls } from './controls';
import type { FaultProxy } from './fault';
import type { OverloadCourse } from './overload/course';
import type { PostgresAdmin } from './postgres-admin';
import type { Random } from './random';
import type { RecordModel } from './record-model';
import type { Recorder } from './recorder';
import type { Replica } from './replica';
import type { ChaosService, ServicesFile } from './services-file';

/** Requests a second, over all replicas. */
export interface Rates {
  readonly searches: number;
  readonly writes: number;
  readonly reads: number;
}

/** What is reached through a proxy: the services, the answers of the object store, and the endpoints of the models. */
export type Proxied = ChaosService | 'object_store_http' | 'embeddings' | 'llm';

/** Everything a cell, a workload and a check work with. */
export interface Stage {
  readonly random: Random;
  readonly services: ServicesFile;
  readonly controls: Controls;
  /** In front of each service that is reached through the network. */
  readonly proxies: ReadonlyMap<Proxied, FaultProxy>;
  readonly replicas: readonly Replica[];
  readonly clock: ReplicaClock;
  readonly recorder: Recorder;
  readonly model: RecordModel;
  /** The database of this cell, reached without the proxy; `undefined` with the embedded one. */
  readonly postgres: PostgresAdmin | undefined;
  readonly rates: Rates;
  readonly collection: string;
  /** What the names of its copies in Qdrant begin with. */
  readonly copyPrefix: string;
  readonly dimension: number;
  /** A folder of this cell's own, removed at its end. */
  readonly folder: string;
  /** Milliseconds a request may take. */
  readonly deadlineMs: number;
  /** What a cell about overload measured; its plan fills it in. */
  readonly overload: { course: OverloadCourse | undefined };
  /** Adds a line to the timeline. */
  note(what: string): void;
}

/** Whom a workload asks: a replica, or somebody's key to one. */
export type Target = Pick<Replica, 'name' | 'client' | 'inRotation' | 'isRunning'>;

/** What sending and judging take; a generator in a process of its own has no more. */
export type LoadStage = Pick<
  Stage,
  'random' | 'recorder' | 'model' | 'rates' | 'collection' | 'dimension' | 'deadlineMs'
> & { readonly replicas: readonly Target[] };

/** The proxy in front of `service`; it exists, because cells declare the services they need. */
export const proxyOf = (stage: Stage, service: Proxied): FaultProxy => {
  const proxy = stage.proxies.get(service);
  if (!proxy) throw new Error(`There is no proxy in front of ${service}.`);
  return proxy;
};

export const replicaAt = (stage: Stage, index: number): Replica => {
  const replica = stage.replicas[index];
  if (!replica) throw new Error(`There is no replica ${index + 1}.`);
  return replica;
};
