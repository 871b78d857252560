import { Injectable } from '@nestjs/common';
import { vectorValue } from '../../common/binary-values';
import { ZeroDbError } from '../../common/errors';
import { Database, type Executor } from '../../database/database.port';
import { EmbeddingProvider } from '../../embeddings/embedding-provider.port';
import { markDirty } from '../../followers/dirty';
import { recordsTable, type Collection } from '../collection';
import { postingsTable } from '../../keyword/postings';
import { UsageMeter } from '../../usage/usage-meter';
import { ReembeddingTexts } from './reembedding-texts';

const NO_TEXT = 'The record has no text, so another model cannot embed it.';
const COLUMNS = 'project_id, id, embedded_from, text, metadata, words, version, created_at, updated_at, vectors';

interface SourceRow {
  readonly id: string;
  readonly version: number;
  readonly text: string | null;
  readonly has_vector: boolean;
}

/** Records as they are to be in the twin. */
export interface Prepared {
  readonly ids: readonly string[];
  /** Without a vector where the record has none. */
  readonly rows: readonly { readonly id: string; readonly version: number; readonly vector: Float32Array | null }[];
  /** Ids of records that no other model can embed, and why. */
  readonly refused: ReadonlyMap<string, string>;
}

/** Makes records of one collection be in its twin as they are now, in the twin's model. */
@Injectable()
export class Mirror {
  constructor(
    private readonly database: Database,
    private readonly embeddings: EmbeddingProvider,
    private readonly texts: ReembeddingTexts,
    private readonly usage: UsageMeter,
  ) {}

  /** Reads and embeds, outside of any transaction. */
  async prepare(
    active: Collection,
    standby: Collection,
    ids: readonly string[],
    signal: AbortSignal,
  ): Promise<Prepared> {
    const { rows } = await this.database.system.query<SourceRow>(
      `select id, version, text, embedding is not null as has_vector from ${recordsTable(active)} where collection_id = ${active.id} and id = any($1::text[])`,
      [ids],
    );
    const own = await this.texts.of(active.name, active.projectId, ids);
    const textOf = (row: SourceRow): string | null => own.get(row.id) ?? row.text;
    const refused = new Map<string, string>();
    const [embedded, bare] = [rows.filter((row) => row.has_vector), rows.filter((row) => !row.has_vector)];
    for (const row of embedded) if (textOf(row) === null) refused.set(row.id, NO_TEXT);
    const embeddable = embedded.filter((row) => !refused.has(row.id));
    const made = await this.embed(standby, embeddable, textOf, signal);
    for (const [id, reason] of made.refused) refused.set(id, reason);
    const copies = bare.map(({ id, version }) => ({ id, version, vector: null }));
    return { ids: ids.filter((id) => !refused.has(id)), rows: [...made.rows, ...copies], refused };
  }

  /** One text that the model refuses must not hold the others up. */
  private async embed(
    standby: Collection,
    rows: readonly SourceRow[],
    textOf: (row: SourceRow) => string | null,
    signal: AbortSignal,
  ): Promise<Pick<Prepared, 'rows' | 'refused'>> {
    if (!standby.model || rows.length === 0) return { rows: [], refused: new Map() };
    try {
      this.usage.count(standby.projectId, 'embeddings', rows.length);
      const vectors = await this.embeddings.embed(
        standby.model,
        rows.map((row) => textOf(row) ?? ''),
        signal,
      );
      const vectorOf = (index: number): Float32Array => vectors[index] ?? new Float32Array();
      return {
        rows: rows.map(({ id, version }, index) => ({ id, version, vector: vectorOf(index) })),
        refused: new Map(),
      };
    } catch (error) {
      if (!(error instanceof ZeroDbError) || error.status >= 500) throw error;
      const [only] = rows;
      if (only && rows.length === 1) return { rows: [], refused: new Map([[only.id, error.message]]) };
      const parts = await Promise.all(rows.map((row) => this.embed(standby, [row], textOf, signal)));
      return { rows: parts.flatMap((part) => part.rows), refused: new Map(parts.flatMap((part) => [...part.refused])) };
    }
  }

  /**
   * A record that changed since it was read is left as it was: it is marked, and comes again. What is not in the
   * collection is taken out of the twin.
   */
  async write(tx: Executor, active: Collection, standby: Collection, { ids, rows }: Prepared): Promise<void> {
    const [from, to] = [recordsTable(active), recordsTable(standby)];
    const vectors = rows.map((_, index) => `$${index + 3}`);
    if (rows.length > 0) {
      await tx.query(
        `with written as (insert into ${to} as r (collection_id, embedding, ${COLUMNS})
           select ${standby.id}, i.embedding, a.project_id, a.id,
             case when i.embedding is null then a.embedded_from else 'text' end, a.text, a.metadata, a.words, a.version,
             a.created_at, a.updated_at, a.vectors
           from unnest($1::text[], $2::bigint[], array[${vectors.join(',')}]::vector[]) as i (id, version, embedding)
           join ${from} a on a.collection_id = ${active.id} and a.id = i.id and a.version = i.version order by a.id
         on conflict (collection_id, id) do update set embedding = excluded.embedding, indexed = false, index_build = 0,
           embedded_from = excluded.embedded_from, text = excluded.text, metadata = excluded.metadata,
           words = excluded.words, vectors = excluded.vectors, version = excluded.version, created_at = excluded.created_at,
           updated_at = excluded.updated_at
         returning r.id, r.version) ${markDirty(standby, 'written')}`,
        [
          rows.map(({ id }) => id),
          rows.map(({ version }) => version),
          ...rows.map(({ vector }) => (vector === null ? null : vectorValue(vector))),
        ],
      );
    }
    await tx.query(
      `with gone as (delete from ${to} r where r.collection_id = ${standby.id} and r.id = any($1::text[])
         and not exists (select from ${from} a where a.collection_id = ${active.id} and a.id = r.id)
         returning r.id, nextval('zerodb_version') as version) ${markDirty(standby, 'gone')}`,
      [ids],
    );
    await tx.query(`delete from ${postingsTable(standby.id)} where id = any($1::text[])`, [ids]);
    await tx.query(
      `insert into ${postingsTable(standby.id)} (collection_id, project_id, term, id, tf, length)
       select ${standby.id}, project_id, term, id, tf, length from ${postingsTable(active.id)} where id = any($1::text[])`,
      [ids],
    );
  }
}
