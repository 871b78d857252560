import { Injectable } from '@nestjs/common';
import type { Collection } from '../../collections/collection';
import { CollectionsService } from '../../collections/collections.service';
import { ZeroDbError } from '../../common/errors';
import type { Scope } from '../../common/scope';

/** Begins with "@": no route can name it, so memories are only changed through their ledger. */
export const MEMORY_COLLECTION = '@memories';

/** What every search of memories filters by. */
const INDEXES = [
  { field: 'user_id', type: 'string' },
  { field: 'agent_id', type: 'string' },
  { field: 'session_id', type: 'string' },
] as const;

/** The system collection that holds a project's memories as records, made with the first of them. */
@Injectable()
export class MemoryCollection {
  constructor(private readonly collections: CollectionsService) {}

  async find(scope: Scope): Promise<Collection | undefined> {
    try {
      return await this.collections.resolve(scope, MEMORY_COLLECTION);
    } catch (error) {
      if (error instanceof ZeroDbError && error.status === 404) return undefined;
      throw error;
    }
  }

  /** Runs `work` on the collection, which it creates if missing; retries when the model was switched meanwhile. */
  async use<T>(scope: Scope, work: (collection: Collection) => Promise<T>): Promise<T> {
    await this.open(scope);
    return await this.collections.use(scope, MEMORY_COLLECTION, work);
  }

  async open(scope: Scope): Promise<Collection> {
    const found = await this.find(scope);
    if (found) return found;
    return (await this.collections.put(scope, MEMORY_COLLECTION, { indexes: INDEXES })).collection;
  }
}
