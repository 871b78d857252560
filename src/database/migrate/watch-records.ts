import type { Session } from '../sessions/session';
import { oneByOne } from '../isolation/one-by-one';
import { rowsOf } from '../isolation/rows-of';

/**
 * Tables without the trigger, or with one that does not always fire: of collections from before there was one, or that a former
 * version made during the upgrade, and where somebody disabled it.
 */
const UNWATCHED = `
select c.relname::text as name, substring(c.relname from '[0-9]+$') as collection from pg_class c
where c.relnamespace = current_schema()::regnamespace
  and (c.relkind = 'p' and c.relname = 'zerodb_vectors' or c.relkind = 'r' and c.relname ~ '^zerodb_vectors_[0-9]+$')
  and not exists (select from pg_trigger t
    where t.tgrelid = c.oid and t.tgname = 'zerodb_records_written' and t.tgenabled = 'A')
order by c.relkind, c.relname`;

/**
 * After the migrations: whoever writes records leaves a stamp from now on (decision 33). Safe to repeat. Returns the tables
 * that were in use all the time: answers of their searches are not kept.
 */
export async function watchRecords(session: Session): Promise<string[]> {
  const tables = await rowsOf<{ name: string; collection: string | null }>(session, UNWATCHED);
  const wanted = tables.map(({ name, collection }) => [name, `SELECT zerodb_watch_records(${collection})`] as const);
  return await oneByOne(session, new Map(wanted));
}
