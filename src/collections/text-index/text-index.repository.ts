import { Injectable } from '@nestjs/common';
import { Database, type Executor } from '../../database/database.port';
import { ANALYSER_VERSION, signatureOf } from '../../keyword/analyse';
import { postingsTable, replacePostings } from '../../keyword/postings';
import { DOCUMENT_TERM } from '../../keyword/term';
import { recordsTable, type Collection } from '../collection';

/** Another replica may write in the language from before for so long: its cache of collections is a second old at most. */
const SETTLED_AFTER = `interval '2 seconds'`;
const WANTED = `'${ANALYSER_VERSION}:' || coalesce(c.settings -> 'text' ->> 'language', 'auto')`;
const LOCK_CLASS = 1_953_719_668;

/** Which collections hold postings of an older analyser or another language, and which records of one. */
@Injectable()
export class TextIndexRepository {
  constructor(private readonly database: Database) {}

  /** Twins are left out: their postings are copies. */
  async outdated(limit: number): Promise<{ id: number; now: string }[]> {
    const { rows } = await this.database.system.query<{ id: number; now: string }>(
      `select c.id, clock_timestamp()::text as now from zerodb_collections c where c.analyser <> ${WANTED}
         and not exists (select from zerodb_reembeddings r where r.standby_id = c.id) order by c.id limit $1`,
      [limit],
    );
    return rows;
  }

  /** Ids after `after` whose postings were made with something else. */
  async stale(collection: Collection, after: string | null, limit: number): Promise<string[]> {
    const { rows } = await this.database.system.query<{ id: string }>(
      `select id from ${postingsTable(collection.id)} where collection_id = ${collection.id} and term = ${DOCUMENT_TERM}
         and tf <> $1 and ($2::text is null or id > $2) order by id limit $3`,
      [signatureOf(collection.language), after, limit],
    );
    return rows.map(({ id }) => id);
  }

  /** `false`: another replica is at it. */
  async inTurn(collection: Collection, work: (tx: Executor) => Promise<void>): Promise<boolean> {
    return await this.database.system.transaction(async (tx) => {
      const { rows } = await tx.query<{ taken: boolean }>('select pg_try_advisory_xact_lock($1, $2) as taken', [
        LOCK_CLASS,
        collection.id,
      ]);
      if (rows[0]?.taken !== true) return false;
      await work(tx);
      return true;
    });
  }

  /** Under the records' locks. Postings whose record is gone are taken out. */
  async reindex(tx: Executor, collection: Collection, ids: readonly string[]): Promise<void> {
    const table = recordsTable(collection);
    const { rows } = await tx.query<{ id: string; text: string | null }>(
      `select id, text from ${table} where collection_id = ${collection.id} and id = any($1::text[])
       order by id for no key update`,
      [ids],
    );
    await replacePostings(tx, collection, rows);
    await tx.query(
      `delete from ${postingsTable(collection.id)} p where id = any($1::text[])
         and not exists (select from ${table} r where r.collection_id = ${collection.id} and r.id = p.id)`,
      [ids],
    );
    // The records stay as they are, and searches by keyword find something else.
    await tx.query('select zerodb_stamp($1)', [collection.id]);
  }

  /** A pass that began at `since` found nothing left. */
  async finish({ id }: Collection, since: string): Promise<void> {
    await this.database.system.query(
      `update zerodb_collections c set analyser = ${WANTED}
       where id = $1 and updated_at < $2::timestamptz - ${SETTLED_AFTER}`,
      [id, since],
    );
  }
}
