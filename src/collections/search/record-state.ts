import { Injectable } from '@nestjs/common';
import type { Scope } from '../../common/scope';
import { Database } from '../../database/database.port';
import type { Collection } from '../collection';

/** What a collection and its records were at one moment. Equal `state`: nothing was written in between. */
export interface RecordState {
  readonly state: string;
  readonly collectionId: number;
  readonly version: number;
  readonly updatedAt: Date;
}

interface Row {
  readonly id: number;
  readonly version: number;
  readonly updated_at: Date;
  readonly state: string;
}

interface Reads {
  running: Promise<RecordState | undefined>;
  /** Begins when `running` has ended; for whoever came since that began. */
  next?: Promise<RecordState | undefined>;
}

/** `xmin` changes with each change of the row, whoever makes it; see `migrations/sql/record-stamps.ts` for the stamps. */
const STATE = `select c.id, c.version, c.updated_at, concat_ws('/', c.id, c.xmin, c.version, c.created_at, c.updated_at,
    (select md5(string_agg(s.slot || ':' || s.stamp, ',' order by s.slot)) from zerodb_record_stamps s
     where s.collection_id = c.id)) as state
  from zerodb_collections c where c.project_id = $1 and c.name = $2`;

/** Whether the state that was read is that of this collection, as this process knows it. */
export const isStateOf = (state: RecordState, { id, version, updatedAt }: Collection): boolean =>
  state.collectionId === id && state.version === version && state.updatedAt.getTime() === updatedAt.getTime();

/**
 * Reads the state of collections in Postgres. Callers share a read only when it begins after they called: each sees whatever was
 * acknowledged before.
 */
@Injectable()
export class RecordStates {
  private readonly reads = new Map<string, Reads>();

  constructor(private readonly database: Database) {}

  /** `undefined`: there is no such collection. */
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
    return row && { state: row.state, collectionId: row.id, version: row.version, updatedAt: row.updated_at };
  }
}
