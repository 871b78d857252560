import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { Collection } from '../../collections/collection';
import { TextSources } from '../../collections/text-index/text-source';
import { mapInSlices } from '../../common/in-slices';
import type { Executor } from '../../database/database.port';
import { postingsTable, replacePostings } from '../../keyword/postings';
import { indexedTerms } from './indexed-text';
import { MEMORY_COLLECTION } from './memory-collection';

/** Memories have postings before they have a record, and their terms stand in their rows, too. */
@Injectable()
export class MemoryTexts implements OnModuleInit {
  constructor(private readonly sources: TextSources) {}

  onModuleInit(): void {
    this.sources.register(MEMORY_COLLECTION, (tx, collection, ids) => this.reindex(tx, collection, ids));
  }

  private async reindex(tx: Executor, collection: Collection, ids: readonly string[]): Promise<void> {
    const { rows } = await tx.query<{ id: string; text: string | null }>(
      `select id, indexed_text as text from zerodb_memory_records
       where project_id = $1 and id = any($2::text[]) order by id for update`,
      [collection.projectId, ids],
    );
    const terms = await mapInSlices(rows, ({ id, text }) => ({ id, ...indexedTerms(text) }));
    await tx.query(
      `update zerodb_memory_records r set terms = i.terms, frequencies = i.frequencies, length = i.length
       from jsonb_to_recordset($2::jsonb) as i (id text, terms int[], frequencies int[], length int)
       where r.project_id = $1 and r.id = i.id`,
      [collection.projectId, JSON.stringify(terms)],
    );
    await replacePostings(tx, collection, rows);
    await tx.query(
      `delete from ${postingsTable(collection.id)} p where id = any($2::text[])
         and not exists (select from zerodb_memory_records r where r.project_id = $1 and r.id = p.id)`,
      [collection.projectId, ids],
    );
  }
}
