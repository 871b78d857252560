import { Injectable } from '@nestjs/common';
import { SqlParams } from '../../database/filter/sql-params';
import type { Scope } from '../../common/scope';
import { Database } from '../../database/database.port';
import { ROW_COLUMNS, type MemoryRow, type RecallScope } from '../memory';
import type { Adjacent } from './relevance';
import { scopeSql, selectionSql, versionSql, type MemorySelection } from './memory-selection';

/** A message beside another one in its session. */
export interface Neighbour {
  readonly id: string;
  readonly role?: string;
  readonly name?: string;
  readonly content: string;
  readonly valid_from: string;
}

/** What a memory has besides its content that decides on its place. */
export type Traits = Pick<MemoryRow, 'id' | 'valid_from' | 'importance' | 'derived_from' | 'speaker' | 'embedded'> & {
  /** A message that ends in a question mark. */
  readonly asks: boolean;
  /** Said in a conversation, and read as a fact by no rule. */
  readonly is_turn: boolean;
};

/** What is known of the memories that were found, and of those beside them. */
export interface Survey {
  readonly traits: Map<string, Traits>;
  readonly adjacent: Adjacent[];
}

/** The ids of the messages before and after one that lends, the nearest first. */
interface Beside {
  readonly before: readonly string[] | null;
  readonly after: readonly string[] | null;
}

/** Without a moment for what the selection leaves out: it stands beside what was found all the same. */
type SurveyRow = Beside & { [Key in keyof Traits]: Traits[Key] | (Key extends 'id' ? never : null) };

type NeighbourRow = Pick<MemoryRow, 'id' | 'role' | 'speaker' | 'content' | 'valid_from'> & { readonly of: string };

/** What the ledger has of the memories that were found. */
@Injectable()
export class MemoryCandidates {
  constructor(private readonly database: Database) {}

  /** Those of `ids` that match the selection, in the ledger's state at the requested time. */
  async rows(scope: Scope, selection: MemorySelection, ids: readonly string[]): Promise<Map<string, MemoryRow>> {
    if (ids.length === 0) return new Map();
    const params = new SqlParams();
    const condition = `${selectionSql(scope, selection, params)} and r.id = any(${params.add(ids, 'text[]')})`;
    const { rows } = await this.database.query<MemoryRow>(
      scope,
      selection.recordedAsOf === undefined
        ? `select ${ROW_COLUMNS} from zerodb_memory_records r where ${condition}`
        : `select ${VERSION_COLUMNS} from zerodb_memory_records r join lateral (
             select * from zerodb_memory_versions v where ${versionSql(selection, params)} order by v.version desc limit 1) v on true
           where ${condition}`,
      params.values,
    );
    return new Map(rows.map((row) => [row.id, row]));
  }

  /**
   * What decides on the order of those of `ids` that match the selection, and of the messages up to two places before and after
   * each of `lending` in its session. One statement: the embedded engine answers one at a time.
   */
  async survey(
    scope: Scope,
    selection: MemorySelection,
    ids: readonly string[],
    lending: readonly string[],
  ): Promise<Survey> {
    if (ids.length === 0) return { traits: new Map(), adjacent: [] };
    const params = new SqlParams();
    const { rows } = await this.database.query<SurveyRow>(
      scope,
      `with beside as materialized (${besideSql(scope, selection.memoryScope, lending, params)}),
       wanted as (select id from unnest(${params.add(ids, 'text[]')}) as i (id)
         union select unnest(before || after) from beside)
       select w.id, b.before, b.after, r.valid_from, r.importance, r.derived_from, r.speaker, r.embedded, r.asks, r.is_turn
       from wanted w left join beside b using (id) left join lateral (
         select r.valid_from, r.importance, r.derived_from, r.speaker, r.embedded,
           r.kind = 'message' and right(r.content, 1) in ('?', '？') as asks,
           r.kind = 'message' and r.speaker is not null and r.chain is null as is_turn
         from zerodb_memory_records r where r.id = w.id and ${selectionSql(scope, selection, params)} offset 0) r on true`,
      params.values,
    );
    return surveyOf(rows);
  }

  /** How many memories of the scope have no vector yet. */
  async pending(scope: Scope, memoryScope: RecallScope): Promise<number> {
    const params = new SqlParams();
    const { rows } = await this.database.query<{ count: number }>(
      scope,
      `select count(*)::int as count from zerodb_memory_records r
       where ${scopeSql(scope, memoryScope, params)} and not r.embedded and r.deleted_at is null`,
      params.values,
    );
    return rows[0]?.count ?? 0;
  }

  /** Up to `count` messages before and after each of these, in order. */
  async around(
    scope: Scope,
    memoryScope: RecallScope,
    ids: readonly string[],
    count: number,
  ): Promise<Map<string, Neighbour[]>> {
    if (ids.length === 0 || count === 0) return new Map();
    const params = new SqlParams();
    const condition = scopeSql(scope, memoryScope, params);
    const limit = params.add(count, 'int');
    const wanted = params.add(ids, 'text[]');
    const beside = (comparison: string, order: string): string => `(select b.* from zerodb_memory_records b
      where b.project_id = r.project_id and b.session_id = r.session_id and b.owner = r.owner and b.seq ${comparison} r.seq
        and b.kind = 'message' and b.deleted_at is null order by b.seq ${order} limit ${limit})`;
    const { rows } = await this.database.query<NeighbourRow>(
      scope,
      `select r.id as of, n.id, n.role, n.speaker, n.content, n.valid_from from zerodb_memory_records r
       cross join lateral (${beside('<', 'desc')} union all ${beside('>', 'asc')}) n
       where ${condition} and r.id = any(${wanted}) and r.kind = 'message' and r.session_id is not null order by n.seq`,
      params.values,
    );
    const found = new Map<string, Neighbour[]>();
    for (const row of rows) found.set(row.of, [...(found.get(row.of) ?? []), presentNeighbour(row)]);
    return found;
  }
}

/** The row with what the version said in place of what it says now. */
const VERSION_COLUMNS = ROW_COLUMNS.replace(
  /r\.(kind|content|subject|attribute|value|confidence|importance|metadata|valid_from|valid_to|ends_at|superseded_at|superseded_by|expires_at)\b/g,
  'v.$1',
);

/**
 * For each message of `lending` those up to two places before and after it. Arrays keep their order: to number rows, Postgres
 * would make a store for each.
 */
function besideSql(scope: Scope, memoryScope: RecallScope, lending: readonly string[], params: SqlParams): string {
  const beside = (comparison: string, order: string): string => `array(select b.id from zerodb_memory_records b
    where b.project_id = r.project_id and b.session_id = r.session_id and b.owner = r.owner and b.seq ${comparison} r.seq
      and b.kind = 'message' and b.indexed_text is not null and b.deleted_at is null order by b.seq ${order} limit 2)`;
  return `select r.id, ${beside('<', 'desc')} as before, ${beside('>', 'asc')} as after
    from unnest(${params.add(lending, 'text[]')}) as l (id) cross join lateral (
      select * from zerodb_memory_records r where r.id = l.id and ${scopeSql(scope, memoryScope, params)}
        and r.kind = 'message' and r.session_id is not null offset 0) r`;
}

function surveyOf(rows: readonly SurveyRow[]): Survey {
  const selected = rows.filter((row): row is Traits & Beside => row.valid_from !== null);
  const adjacent = rows.flatMap(({ id, before, after }) =>
    [before, after].flatMap((side) => (side ?? []).map((neighbour, index) => ({ id, neighbour, step: index + 1 }))),
  );
  return { traits: new Map(selected.map((row) => [row.id, row])), adjacent };
}

const presentNeighbour = ({ id, role, speaker, content, valid_from }: NeighbourRow): Neighbour => ({
  id,
  ...(role === null ? {} : { role }),
  ...(speaker === null ? {} : { name: speaker }),
  content: content ?? '',
  valid_from: valid_from.toISOString(),
});
