import { Injectable } from '@nestjs/common';
import type { Scope } from '../../common/scope';
import { Database } from '../../database/database.port';
import type { Collection } from '../collection';

/** What a collection and its records were at one moment. Equal `state`: nothing was written in between. */
export interface RecordState {
  readonly state: string;
  readonly collectionId: number;
  /** Of the collection's row: `Collection.revision`. */
  readonly revision: string;
}

interface Row {
  readonly id: number;
  readonly revision: string;
  readonly state: string;
}

interface Reads {
  running: Promise<RecordState | undefined>;
  /** Begins when `running` has ended; for whoever came since that began. */
  next?: Promise<RecordState | undefined>;
}

/**
 * `xmin` changes with each change of the row, whoever makes it; see `migrations/sql/record-stamps.ts` for the stamps. Without the
 * triggers that leave them, on the collection's table and on its parent, nothing can be told: then there is no state. Their
 * rows are part of it, as somebody may have disabled them for a while.
 */
const STATE = `select c.id, c.xmin::text as revision, concat_ws('/', c.id, c.xmin, c.version, c.created_at, c.updated_at,
    own.oid, own.xmin, parents.oid, parents.xmin,
    (select md5(string_agg(s.slot || ':' || s.stamp, ',' order by s.slot)) from zerodb_record_stamps s
     where s.collection_id = c.id)) as state
  from zerodb_collections c
  join pg_trigger own on own.tgrelid = to_regclass('zerodb_vectors_' || c.id)
    and own.tgname = 'zerodb_records_written' and own.tgenabled = 'A'
  join pg_trigger parents on parents.tgrelid = to_regclass('zerodb_vectors')
    and parents.tgname = 'zerodb_records_written' and parents.tgenabled = 'A'
  where c.project_id = $1 and c.name = $2`;

/** Whether the state that was read is that of this collection, as this process knows it. */
export const isStateOf = (state: RecordState, { id, revision }: Collection): boolean =>
  state.collectionId === id && state.revision === revision;

/**
 * Reads the state of collections in Postgres. Callers share a read only when it begins after they called: each sees whatever was
 * acknowledged before.
 */
@Injectable()
export class RecordStates {
  private readonly reads = new Map<string, Reads>();

  constructor(private readonly database: Database) {}

  /** `undefined`: there is no such collection, or nobody leaves stamps when its records are written. */
  async now(scope: Scope, name: string): Promise<RecordState | undefined> {
    const key = `${scope.projectId}/${name}`;
    const reads = this.reads.get(key);
    if (!reads) return await this.begin(key, scope, name);
    const begin = (): Promise<RecordState | undefined> => this.begin(key, scope, name);
    reads.next ??= reads.running.then(begin, begin);
    return await reads.next;
  }

  private begin(key: string, scope: Scope, name: string): Promise<RecordState | undefined> {
    const running = this.read(scope, name);
    const reads: Reads = { running };
    this.reads.set(key, reads);
    const end = (): void => {
      if (reads.next === undefined) this.reads.delete(key);
    };
    running.then(end, end);
    return running;
  }

  private async read(scope: Scope, name: string): Promise<RecordState | undefined> {
    const { rows } = await this.database.queryByPlan<Row>(scope, STATE, [scope.projectId, name]);
    const [row] = rows;
    return row && { state: row.state, collectionId: row.id, revision: row.revision };
  }
}
