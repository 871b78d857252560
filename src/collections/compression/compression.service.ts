import { Injectable } from '@nestjs/common';
import type { Scope } from '../../common/scope';
import type { Operation } from '../../operations/operation';
import { OperationsService } from '../../operations/operations.service';
import type { Collection } from '../collection';
import { CollectionsService } from '../collections.service';
import { compressionOf, isSameCompression, servingIndex, type CopyCodes } from './compression-state';
import { CompressionRepository, type SizedRow } from './compression.repository';
import type { Measurement } from './measurement';

export interface CompressionReport {
  readonly collection: Collection;
  readonly sizes: SizedRow;
  /** Of the copy in Qdrant; `undefined`: there is none. */
  readonly copy: CopyCodes | undefined;
  readonly measured: { readonly measurement: Measurement; readonly at: Date } | undefined;
  readonly state: 'serving' | 'changing' | 'waiting' | 'refused';
  readonly reason: string | null;
}

/** What is known of a collection's compression. Changing it is `CollectionsService.patch`. */
@Injectable()
export class CompressionService {
  constructor(
    private readonly collections: CollectionsService,
    private readonly repository: CompressionRepository,
    private readonly operations: OperationsService,
  ) {}

  async report(scope: Scope, name: string): Promise<CompressionReport> {
    const { collection } = await this.collections.get(scope, name);
    const { settings, id } = collection;
    const sizes = await this.repository.sizes(collection, servingIndex(settings).build, scope);
    const measured = await this.repository.measured(id);
    const copy = await this.repository.copyCodes(id);
    return { collection, sizes, copy, measured, ...stateOf(collection, await this.repository.lastError(id)) };
  }

  /** Measures in the background, without changing anything. The same operation while one waits or runs. */
  async measure(scope: Scope, name: string): Promise<Operation> {
    const { collection } = await this.collections.get(scope, name);
    const begun = await this.operations.create(scope, 'compression_measurement', name);
    const id = await this.repository.requestMeasurement(collection, begun.id);
    if (id === begun.id) return begun;
    const error = { code: 'cancelled', message: `Another measurement waits: ${id}.` };
    await this.operations.update(scope, begun.id, 'failed', { error });
    return await this.operations.get(scope, id);
  }
}

function stateOf({ settings }: Collection, lastError: string | null): Pick<CompressionReport, 'state' | 'reason'> {
  if (settings.operation) return { state: 'changing', reason: lastError === null ? null : REPEATED };
  const asked = compressionOf(settings);
  const { refusal } = settings;
  if (refusal && isSameCompression(refusal.compression, asked)) return { state: 'refused', reason: refusal.reason };
  if (settings.vector_index.type === 'flat') return { state: 'serving', reason: 'There is no index: all is compared.' };
  const isServing = isSameCompression(servingIndex(settings).madeFor, asked);
  return isServing ? { state: 'serving', reason: null } : { state: 'waiting', reason: WAITS };
}

const REPEATED = 'The last attempt failed, and it is repeated; the log of the server says why.';
const WAITS = 'Fewer than 2,000 records are always compared exactly; the scheme takes effect when there are more.';
