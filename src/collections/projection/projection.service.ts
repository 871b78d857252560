import { Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import { Admission } from '../../admission/admission';
import { FairSlots } from '../../common/fair-slots';
import { readVector } from '../../common/binary-values';
import type { Scope } from '../../common/scope';
import type { Operation } from '../../operations/operation';
import { OperationsService } from '../../operations/operations.service';
import type { Collection } from '../collection';
import { CollectionsService } from '../collections.service';
import { metadataPath } from '../metadata-path';
import { RecordsRepository } from '../records/records.repository';
import { planeInThread } from './plane-thread';
import { sampleSize, type Projection } from './projection';
import { ProjectionRepository } from './projection.repository';

export interface ColouredProjection {
  readonly projection: Projection;
  /** By id; empty when no field was asked for. */
  readonly values: ReadonlyMap<string, string | number | boolean>;
}

type Report = (progress: Record<string, unknown>) => Promise<void>;

/** A page of vectors: small enough that the embedded database serves others in between. */
const PAGE = 250;
/** About a hundred kilobytes each. */
const MAX_KEPT = 32;

/** Lays collections out in the plane, one at a time, and remembers how. Another replica comes to the same picture. */
@Injectable()
export class ProjectionService implements BeforeApplicationShutdown {
  private readonly log = new Logger(ProjectionService.name);
  private readonly stopping = new AbortController();
  private readonly kept = new Map<number, Projection>();
  private readonly making = new Map<number, Promise<Projection>>();
  private readonly operationOf = new Map<number, string>();
  /** One at a time; of several projects, each in its turn. */
  private readonly turns = new FairSlots(1);

  constructor(
    private readonly collections: CollectionsService,
    private readonly operations: OperationsService,
    private readonly repository: ProjectionRepository,
    private readonly stored: RecordsRepository,
    private readonly admission: Admission,
  ) {}

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort(new Error('ZeroDB is stopping.'));
    await Promise.allSettled(this.making.values());
  }

  /** Makes it in the background, unless nothing changed since the last time. The same operation while one runs. */
  async begin(scope: Scope, name: string): Promise<Operation> {
    const { collection } = await this.collections.get(scope, name);
    const running = this.operationOf.get(collection.id);
    if (running !== undefined) return await this.operations.get(scope, running);
    this.admission.mustHaveFreePlace('projections', scope);
    const operation = await this.operations.create(scope, 'projection', name);
    this.operationOf.set(collection.id, operation.id);
    const work = this.operations.follow(scope, operation, async (report) => {
      const made = this.collections.use(scope, name, (present) => this.make(scope, present, report));
      const { ids, records, explained } = await made;
      return { records, points: ids.length, explained: [...explained] };
    });
    work
      .catch((error: unknown) => this.log.warn(`The outcome of a projection was not stored: ${String(error)}`))
      .finally(() => this.operationOf.delete(collection.id));
    return operation;
  }

  /** As last made here; made now where it never was. `colourBy` names a metadata field. */
  async current(scope: Scope, name: string, colourBy?: string): Promise<ColouredProjection> {
    const path = colourBy === undefined ? undefined : metadataPath(colourBy, 'query:color_by');
    return await this.collections.use(scope, name, async (collection) => {
      const projection = this.kept.get(collection.id) ?? (await this.make(scope, collection));
      const values = path && (await this.repository.values(scope, collection, projection.ids, path));
      return { projection, values: values ?? new Map() };
    });
  }

  private async make(scope: Scope, collection: Collection, report?: Report): Promise<Projection> {
    const running = this.making.get(collection.id);
    if (running) return await running;
    const leave = this.admission.acquire('projections', scope);
    const made = this.turns
      .run(scope.projectId, () => this.makeNow(scope, collection, report))
      .finally(() => {
        leave();
        this.making.delete(collection.id);
      });
    this.making.set(collection.id, made);
    return await made;
  }

  private async makeNow(scope: Scope, collection: Collection, report?: Report): Promise<Projection> {
    const state = await this.repository.state(scope, collection);
    const known = this.kept.get(collection.id);
    if (known?.records === state.records && known.version === state.version) return known;
    const { ids, rows } = await this.read(scope, collection, state.records, report);
    const directionsOnly = collection.metric === 'cosine';
    const plane = await planeInThread({ rows, dimension: collection.dimension, directionsOnly }, this.stopping.signal);
    const projection = { ...state, ...plane, ids, madeAt: new Date() };
    this.cache(collection.id, projection);
    return projection;
  }

  /** The sample's vectors, one after the other. Records that are gone meanwhile are left out. */
  private async read(
    scope: Scope,
    collection: Collection,
    records: number,
    report?: Report,
  ): Promise<{ ids: string[]; rows: Float32Array<ArrayBuffer> }> {
    const { dimension } = collection;
    const sample = await this.repository.sample(scope, collection, records, sampleSize(dimension));
    const rows = new Float32Array(sample.length * dimension);
    const ids: string[] = [];
    for (let from = 0; from < sample.length; from += PAGE) {
      this.stopping.signal.throwIfAborted();
      for (const { id, vector } of await this.stored.vectors(scope, collection, sample.slice(from, from + PAGE))) {
        readVector(vector, rows, ids.length * dimension);
        ids.push(id);
      }
      await report?.({ done: ids.length, total: sample.length, unit: 'records' });
    }
    return { ids, rows: rows.slice(0, ids.length * dimension) };
  }

  private cache(collectionId: number, projection: Projection): void {
    this.kept.delete(collectionId);
    this.kept.set(collectionId, projection);
    const [oldest] = this.kept.keys();
    if (this.kept.size > MAX_KEPT && oldest !== undefined) this.kept.delete(oldest);
  }
}
