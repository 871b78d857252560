import { Injectable } from '@nestjs/common';
import { analyse } from '../../keyword/analyse';
import { keywordQuery } from '../../keyword/query';
import { indexedWords } from '../../common/filter';
import { mapInSlices } from '../../common/in-slices';
import type { Scope } from '../../common/scope';
import { Database, type Executor } from '../../database/database.port';
import { releaseReferences } from '../../database/graph-references';
import { indexedTerms } from '../indexing/indexed-text';
import { ROW_COLUMNS, type MemoryRow } from '../memory';
import type { Entity, Relation } from '../recognise/entities';
import { legacyFingerprintOf } from '../recognise/fingerprint';
import type { Draft } from './draft';
import { alikeOf, type Alike } from './duplicates';
import { knownOf, type Known } from './plan';

export type Change = 'added' | 'updated' | 'superseded' | 'restored' | 'deleted' | 'withdrawn';

/** A memory whose every field is decided. */
export interface NewMemory {
  readonly draft: Draft;
  readonly collectionId: number;
  readonly validFrom: Date;
  readonly validTo: Date | null;
  readonly supersededAt: Date | null;
  readonly supersededBy: string | null;
  readonly indexedText: string | null;
  /** Whether there is nothing (left) to embed. */
  readonly isEmbedded: boolean;
}

/** How a memory's place in time changed. */
export interface Moved {
  readonly id: string;
  readonly validTo: Date | null;
  readonly supersededAt: Date | null;
  readonly supersededBy: string | null;
  readonly change: Change;
}

export interface VersionRow {
  readonly version: number;
  readonly change: Change;
  readonly recorded_from: Date;
  readonly recorded_to: Date | null;
  readonly kind: MemoryRow['kind'];
  readonly content: string | null;
  readonly metadata: Record<string, unknown>;
  readonly confidence: number;
  readonly importance: number;
  readonly chain: string | null;
  readonly subject: string | null;
  readonly attribute: string | null;
  readonly value: string | null;
  readonly valid_from: Date;
  readonly valid_to: Date | null;
  readonly ends_at: Date | null;
  readonly expires_at: Date | null;
  readonly superseded_at: Date | null;
  readonly superseded_by: string | null;
}

/** Facts of one attribute that can still matter to a new one; a bound on what a busy attribute costs. */
const MAX_TIMELINE = 10_000;

/** The latest memories of one fingerprint that a new one is compared with. */
export const MAX_ALIKE = 1_000;

/** Memories that an ending is compared with. */
const MAX_STANDING = 300;
const LAST_SAID = 10;

/** The columns of an insert, in the order in which their values are made. */
const INSERT_COLUMNS = `id text, collection_id int, kind text, content text, role text, speaker text, user_id text,
  agent_id text, session_id text, owner text, chain text, subject text, attribute text, value text, fingerprint text,
  near text, source text, derived_from text[], confidence float8, importance float8, metadata jsonb, words text[],
  indexed_text text, terms int[], frequencies int[], length int, valid_from timestamptz, valid_to timestamptz, ends_at timestamptz, recorded_at timestamptz,
  updated_at timestamptz, superseded_at timestamptz, superseded_by text, expires_at timestamptz, embedded boolean,
  extracted boolean`;
const INSERT_NAMES = INSERT_COLUMNS.replace(/\b(\w+) [\w[\]]+(,|$)/g, '$1$2');

/** An id whose memory was deleted may be given again: the row begins again, its history continues. */
const REVIVED = `${INSERT_NAMES.split(',')
  .map((name) => name.trim())
  .filter((name) => name !== 'id')
  .map((name) => `${name} = excluded.${name}`)
  .join(', ')}, seq = default, deleted_at = null, version = nextval('zerodb_version'), run_after = now(), attempts = 0,
  lease_token = null, lease_until = null`;

/**
 * Of the same user and agent, whatever the session; a session alone is its own. `$4` is the owner, `$5` the user, `$6` the
 * agent. Each form begins with a column that has an index.
 */
function sameParty(user: string | undefined, agent: string | undefined): string {
  if (user !== undefined) return 'r.user_id = $5::text and r.agent_id is not distinct from $6::text';
  if (agent !== undefined) return 'r.agent_id = $6::text and r.user_id is not distinct from $5::text';
  return 'r.owner = $4 and $5::text is null and $6::text is null';
}

/**
 * The terms that tell what a text is about, as memories in its language have them: a query has forms in some twenty
 * other languages besides.
 */
function topicOf(content: string): number[] {
  const { terms } = analyse(content);
  return keywordQuery(content).terms.flatMap(({ term, language }) =>
    language === 0 || terms.has(language) ? [term] : [],
  );
}

/** What a version keeps of the row. */
const VERSION_COLUMNS = `kind, content, metadata, confidence, importance, chain, subject, attribute, value, valid_from,
  valid_to, ends_at, expires_at, superseded_at, superseded_by`;

/** The ledger in Postgres: present rows, their versions, what they speak of. All writes are in the caller's transaction. */
@Injectable()
export class LedgerRepository {
  constructor(private readonly database: Database) {}

  /** Writers of one person's memories take turns; `keys` in one order for everybody. Returns the time of the change. */
  async lock(tx: Executor, keys: readonly string[]): Promise<Date> {
    const { rows } = await tx.query<{ now: Date }>(
      `select date_trunc('milliseconds', clock_timestamp()) as now from (
         select count(*) as taken from unnest($1::text[]) as u (key)
         where pg_advisory_xact_lock(hashtextextended(u.key, 6))::text is not null) l where l.taken >= 0`,
      [[...new Set(keys)].sort()],
    );
    return rows[0]?.now ?? new Date();
  }

  /** Those that could be the same as one of the drafts. */
  async similar(tx: Executor, scope: Scope, drafts: readonly Draft[]): Promise<Alike[]> {
    const prints = await mapInSlices(drafts, ({ owner, fingerprint, content }) => [
      [owner, fingerprint],
      [owner, legacyFingerprintOf(content)],
    ]);
    const pairs = prints.flat();
    const { rows } = await tx.query<MemoryRow>(
      `select ${ROW_COLUMNS}
       from (select distinct owner, fingerprint from unnest($2::text[], $3::text[]) as u (owner, fingerprint)) p
       cross join lateral (
         select * from zerodb_memory_records m where m.project_id = $1 and m.deleted_at is null
           and m.owner = p.owner and m.fingerprint = p.fingerprint order by m.seq desc limit ${MAX_ALIKE}) r
       order by r.seq`,
      [scope.projectId, pairs.map(([owner]) => owner), pairs.map(([, print]) => print)],
    );
    return rows.map(alikeOf);
  }

  /** The timelines of these chains, from the moment on from which a new fact may touch them. */
  async timelines(tx: Executor, scope: Scope, chains: readonly string[], from: Date | null): Promise<Known[]> {
    if (chains.length === 0) return [];
    const { rows } = await tx.query<MemoryRow>(
      `select ${ROW_COLUMNS} from zerodb_memory_records r where r.project_id = $1 and r.chain = any($2::text[])
         and ($3::timestamptz is null or r.valid_to is null or r.valid_to >= $3) order by r.valid_from, r.seq limit ${MAX_TIMELINE}`,
      [scope.projectId, chains, from],
    );
    return rows.map(knownOf);
  }

  /**
   * Memories of the drafts' scopes that share a term with them, and the last ones of their sessions: what they may end. The
   * newest last.
   */
  async standing(tx: Executor, scope: Scope, drafts: readonly Draft[], from: Date): Promise<MemoryRow[]> {
    if (drafts.length === 0) return [];
    const scopes = new Map(drafts.map((draft) => [draft.owner, draft.scope]));
    const terms = [...new Set((await mapInSlices(drafts, ({ content }) => topicOf(content))).flat())];
    const found: MemoryRow[] = [];
    for (const [owner, { user_id, agent_id }] of scopes) {
      const live = `r.project_id = $1 and r.deleted_at is null and r.indexed_text is not null
        and (r.valid_to is null or r.valid_to > $2)`;
      const { rows } = await tx.query<MemoryRow>(
        `select * from (
           (select ${ROW_COLUMNS} from zerodb_memory_records r where ${live} and ${sameParty(user_id, agent_id)}
              and exists (select from unnest(r.terms) t where t = any ($3::int[]))
            order by r.seq desc limit ${MAX_STANDING})
           union
           (select ${ROW_COLUMNS} from zerodb_memory_records r where ${live} and r.owner = $4 order by r.seq desc limit ${LAST_SAID})
         ) s order by seq`,
        [scope.projectId, from, terms, owner, user_id ?? null, agent_id ?? null],
      );
      found.push(...rows);
    }
    return found;
  }

  /** What was recalled within the last hour, and is remembered still: what was deleted since is news again. */
  async recalled(
    tx: Executor,
    scope: Scope,
    owners: readonly string[],
    fingerprints: readonly string[],
  ): Promise<Map<string, boolean>> {
    const { rows } = await tx.query<{ fingerprint: string; valid: boolean }>(
      `select c.fingerprint, bool_or(r.valid_from <= now() and (r.valid_to is null or r.valid_to > now())) as valid from zerodb_memory_recalls c
       join zerodb_memory_records r on r.project_id = c.project_id and r.id = c.memory_id
       where c.project_id = $1 and c.owner = any($2::text[]) and c.fingerprint = any($3::text[])
         and c.recalled_at > now() - interval '1 hour'
         and r.deleted_at is null and (r.expires_at is null or r.expires_at > now()) group by c.fingerprint`,
      [scope.projectId, owners, fingerprints],
    );
    return new Map(rows.map(({ fingerprint, valid }) => [fingerprint, valid]));
  }

  /** With their first versions, in one statement: an add is a few round trips, and each is felt. */
  async insert(tx: Executor, scope: Scope, memories: readonly NewMemory[], now: Date): Promise<void> {
    if (memories.length === 0) return;
    const named = memories.filter(({ draft }) => draft.isNamed).map(({ draft }) => draft.id);
    await this.close(tx, scope, named, now);
    await tx.query(
      `with added as (insert into zerodb_memory_records (project_id, ${INSERT_NAMES})
         select $1, ${INSERT_NAMES} from jsonb_to_recordset($2::jsonb) as i (${INSERT_COLUMNS})
         on conflict (project_id, id) do update set ${REVIVED} where zerodb_memory_records.deleted_at is not null
         returning *)
       insert into zerodb_memory_versions (project_id, memory_id, version, change, recorded_from, ${VERSION_COLUMNS})
       select project_id, id, version, 'added', $3, ${VERSION_COLUMNS} from added`,
      [scope.projectId, JSON.stringify(await mapInSlices(memories, (memory) => insertable(memory, now))), now],
    );
  }

  /** Changes ends and successors, and notes it in the history. */
  async move(tx: Executor, scope: Scope, moves: readonly Moved[], now: Date): Promise<void> {
    for (const change of new Set(moves.map((move) => move.change))) {
      const some = moves.filter((move) => move.change === change);
      await tx.query(
        `update zerodb_memory_records r set valid_to = i.valid_to, superseded_at = i.superseded_at,
           superseded_by = i.superseded_by, updated_at = $3, version = nextval('zerodb_version')
         from jsonb_to_recordset($2::jsonb) as i (id text, valid_to timestamptz, superseded_at timestamptz, superseded_by text)
         where r.project_id = $1 and r.id = i.id`,
        [
          scope.projectId,
          JSON.stringify(
            some.map((move) => ({
              id: move.id,
              valid_to: move.validTo,
              superseded_at: move.supersededAt,
              superseded_by: move.supersededBy,
            })),
          ),
          now,
        ],
      );
      await this.note(
        tx,
        scope,
        some.map(({ id }) => id),
        change,
        now,
      );
    }
  }

  /** The present state of these memories becomes their newest version; the one before ends. */
  async note(tx: Executor, scope: Scope, ids: readonly string[], change: Change, now: Date): Promise<void> {
    if (ids.length === 0) return;
    if (change !== 'added') await this.close(tx, scope, ids, now);
    await tx.query(
      `insert into zerodb_memory_versions (project_id, memory_id, version, change, recorded_from, ${VERSION_COLUMNS})
       select project_id, id, version, $3, $4, ${VERSION_COLUMNS} from zerodb_memory_records
       where project_id = $1 and id = any($2::text[])`,
      [scope.projectId, ids, change, now],
    );
  }

  /** The newest version of each ends. */
  private async close(tx: Executor, scope: Scope, ids: readonly string[], now: Date): Promise<void> {
    if (ids.length === 0) return;
    await tx.query(
      `update zerodb_memory_versions set recorded_to = $3
       where project_id = $1 and memory_id = any($2::text[]) and recorded_to is null`,
      [scope.projectId, ids, now],
    );
  }

  async link(
    tx: Executor,
    scope: Scope,
    links: readonly { id: string; entities: readonly Entity[]; relations: readonly Relation[] }[],
  ): Promise<void> {
    const entities = links.flatMap(({ id, entities: some }) => some.map((entity) => ({ id, ...entity })));
    const relations = links.flatMap(({ id, relations: some }) => some.map((relation) => ({ id, ...relation })));
    if (entities.length > 0) {
      await tx.query(
        `insert into zerodb_memory_entities (project_id, memory_id, entity, name)
         select $1, id, entity, name from jsonb_to_recordset($2::jsonb) as i (id text, entity text, name text)
         on conflict do nothing`,
        [scope.projectId, JSON.stringify(entities)],
      );
    }
    if (relations.length > 0) {
      await tx.query(
        `insert into zerodb_memory_relations (project_id, memory_id, subject, relation, object)
         select $1, id, subject, relation, object
         from jsonb_to_recordset($2::jsonb) as i (id text, subject text, relation text, object text) on conflict do nothing`,
        [scope.projectId, JSON.stringify(relations)],
      );
    }
  }

  async find(scope: Scope, id: string): Promise<MemoryRow | undefined> {
    return (await this.findMany(scope, [id]))[0];
  }

  async findMany(scope: Scope, ids: readonly string[]): Promise<MemoryRow[]> {
    return await rowsOf(scope, ids, (sql, params) => this.database.query<MemoryRow>(scope, sql, params));
  }

  /** Under the row's lock. */
  async findIn(tx: Executor, scope: Scope, ids: readonly string[]): Promise<MemoryRow[]> {
    return await rowsOf(scope, ids, (sql, params) => tx.query<MemoryRow>(`${sql} for update`, params));
  }

  /** The newest last; of a deleted memory, too. */
  async versions(scope: Scope, id: string): Promise<VersionRow[]> {
    const sql = `select * from zerodb_memory_versions where project_id = $1 and memory_id = $2 order by version`;
    return (await this.database.query<VersionRow>(scope, sql, [scope.projectId, id])).rows;
  }

  async versionsIn(tx: Executor, scope: Scope, id: string): Promise<VersionRow[]> {
    const sql = `select * from zerodb_memory_versions where project_id = $1 and memory_id = $2 order by version`;
    return (await tx.query<VersionRow>(sql, [scope.projectId, id])).rows;
  }

  async timeline(scope: Scope, chain: string): Promise<MemoryRow[]> {
    const sql = `select ${ROW_COLUMNS} from zerodb_memory_records r where r.project_id = $1 and r.chain = $2
      order by r.valid_from, r.seq limit 1000`;
    return (await this.database.query<MemoryRow>(scope, sql, [scope.projectId, chain])).rows;
  }

  /** Takes what was said out of the row and all of its versions; times and ids stay. */
  async blank(tx: Executor, scope: Scope, id: string, change: Change, now: Date): Promise<void> {
    const isOut = change === 'withdrawn';
    await tx.query(
      `update zerodb_memory_records set content = null, indexed_text = null, terms = '{}', frequencies = '{}', length = 0, fingerprint = null, near = null,
         metadata = '{}', words = '{}', subject = null, attribute = null, value = '#' || id, source = null, speaker = null,
         chain = case when $4 then null else chain end, deleted_at = coalesce(deleted_at, $3), updated_at = $3,
         embedded = true, extracted = true, lease_token = null, version = nextval('zerodb_version')
       where project_id = $1 and id = $2`,
      [scope.projectId, id, now, isOut],
    );
    await tx.query('delete from zerodb_memory_entities where project_id = $1 and memory_id = $2', [
      scope.projectId,
      id,
    ]);
    await tx.query('delete from zerodb_memory_relations where project_id = $1 and memory_id = $2', [
      scope.projectId,
      id,
    ]);
    await this.note(tx, scope, [id], change, now);
    await tx.query(
      `update zerodb_memory_versions set content = null, metadata = '{}', subject = null, attribute = null, value = null
       where project_id = $1 and memory_id = $2`,
      [scope.projectId, id],
    );
    await releaseReferences(tx, scope.projectId, { kind: 'memory', ids: [id] });
  }
}

async function rowsOf(
  scope: Scope,
  ids: readonly string[],
  run: (sql: string, params: readonly unknown[]) => Promise<{ rows: MemoryRow[] }>,
): Promise<MemoryRow[]> {
  const sql = `select ${ROW_COLUMNS} from zerodb_memory_records r where r.project_id = $1 and r.id = any($2::text[]) order by r.id`;
  return (await run(sql, [scope.projectId, ids])).rows;
}

function insertable({ draft, ...memory }: NewMemory, now: Date): Record<string, unknown> {
  return {
    id: draft.id,
    collection_id: memory.collectionId,
    kind: draft.kind,
    content: draft.content,
    role: draft.role,
    speaker: draft.speaker,
    ...{ user_id: null, agent_id: null, session_id: null, ...draft.scope },
    owner: draft.owner,
    chain: draft.chain,
    subject: draft.claim?.subject ?? null,
    attribute: draft.claim?.attribute ?? null,
    value: draft.claim?.value ?? null,
    fingerprint: draft.fingerprint,
    near: draft.near,
    source: draft.source,
    derived_from: draft.derivedFrom,
    confidence: draft.confidence,
    importance: draft.importance,
    metadata: draft.metadata,
    words: indexedWords(draft.metadata, draft.content),
    indexed_text: memory.indexedText,
    ...indexedTerms(memory.indexedText),
    valid_from: memory.validFrom,
    valid_to: memory.validTo,
    ends_at: draft.endsAt,
    recorded_at: now,
    updated_at: now,
    superseded_at: memory.supersededAt,
    superseded_by: memory.supersededBy,
    expires_at: draft.expiresAt,
    embedded: memory.isEmbedded,
    extracted: !draft.isToExtract,
  };
}
