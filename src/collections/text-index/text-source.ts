import { Injectable } from '@nestjs/common';
import type { Executor } from '../../database/database.port';
import type { Collection } from '../collection';

/** Rebuilds the postings of these ids, in the transaction. */
export type Reindex = (tx: Executor, collection: Collection, ids: readonly string[]) => Promise<void>;

/** Collections of the system whose postings are made from other rows than records: who knows them registers here. */
@Injectable()
export class TextSources {
  private readonly sources = new Map<string, Reindex>();

  register(collectionName: string, reindex: Reindex): void {
    this.sources.set(collectionName, reindex);
  }

  of({ name }: Collection): Reindex | undefined {
    return this.sources.get(name);
  }
}
