import { LRUCache } from 'lru-cache';
import type { Scope } from '../../common/scope';
import type { ChromaCollection, Place } from './chroma.repository';

/** How long they are served while Postgres is down. */
const KEPT_MS = 60 * 60 * 1_000;
const MAX_COLLECTIONS = 10_000;
const MAX_CHARACTERS = 16 * 1024 * 1024;

/** The collections that were looked up last: bounded in number, in size and in age. One without records has nothing to be found. */
export class KnownCollections {
  private readonly entries = new LRUCache<string, ChromaCollection>({
    max: MAX_COLLECTIONS,
    maxSize: MAX_CHARACTERS,
    ttl: KEPT_MS,
    sizeCalculation: (known) => JSON.stringify(known).length,
  });

  get(scope: Scope, place: Place, id: string): ChromaCollection | undefined {
    return this.entries.get(keyOf(scope, place, id));
  }

  set(scope: Scope, place: Place, id: string, known: ChromaCollection | undefined): void {
    const key = keyOf(scope, place, id);
    if (known === undefined || known.dimension === null) this.entries.delete(key);
    else this.entries.set(key, known);
  }
}

const keyOf = ({ projectId }: Scope, { tenant, database }: Place, id: string): string =>
  JSON.stringify([projectId, tenant, database, id]);
