import { Injectable } from '@nestjs/common';
import type { Scope } from '../../common/scope';
import { Database, type Executor } from '../../database/database.port';
import type { SignedStatement } from '../chain/statement';
import { isoOf, namesOf, type AuditEntry, type ChainedEntry } from '../entry';

/** An entry on its way into the log. */
export interface NewEntry {
  readonly projectId: number;
  readonly entry: AuditEntry;
  /** Hexadecimal. */
  readonly mac: string;
}

export interface EntryFilter {
  readonly actor?: string | undefined;
  readonly action?: string | undefined;
  readonly class?: string | undefined;
  readonly outcome?: string | undefined;
  /** Any of these, as the value of any kind of resource. */
  readonly resources?: readonly string[] | undefined;
  readonly since?: string | undefined;
  readonly until?: string | undefined;
}

/** The chain of a project: its signed end, and where it begins. */
export interface ChainRow {
  readonly head: SignedStatement;
  readonly anchor: SignedStatement;
}

const COLUMNS =
  'project_id, id, at, actor, role, action, class, resource, outcome, status, code, address, request_id, count, mac';

export const INSERT_ONE = `insert into zerodb_audit_pending (${COLUMNS})
  values ($1, $2, $3, $4, $5, $6, $7, $8::jsonb, $9, $10, $11, $12, $13, $14, decode($15, 'hex'))
  on conflict do nothing`;

export const paramsOf = ({ projectId, entry, mac }: NewEntry): unknown[] => [
  projectId,
  entry.id,
  entry.at,
  entry.actor,
  entry.role,
  entry.action,
  entry.class,
  JSON.stringify(entry.resource),
  entry.outcome,
  entry.status,
  entry.code,
  entry.address,
  entry.request_id,
  entry.count,
  mac,
];

const INSERT_MANY = `insert into zerodb_audit_pending (${COLUMNS})
  select project_id, id, at, actor, role, action, class, resource, outcome, status, code, address, request_id, count,
    decode(mac, 'hex')
  from jsonb_to_recordset($1::jsonb) as r (project_id int, id text, at timestamptz, actor text, role text, action text, class text,
    resource jsonb, outcome text, status int, code text, address text, request_id text, count int, mac text)
  on conflict do nothing`;

const SHOWN = `seq, id, at, actor, role, action, class, resource, outcome, status, code, address, request_id, count,
  encode(mac, 'hex') as mac, encode(hash, 'hex') as hash`;

/** Somebody with the database may have put anything into a row: it is read, so that verification can name it. */
type EntryRow = Omit<ChainedEntry, 'at' | 'resource'> & { readonly at: unknown; readonly resource: unknown };

export const entryOf = ({ at, resource, ...row }: EntryRow): ChainedEntry => ({
  ...row,
  at: isoOf(at),
  resource: namesOf(resource),
});

/** Numbers beyond it are not ours, and no JavaScript number holds them. */
const MAX_SEQ = Number.MAX_SAFE_INTEGER;

/** The tables of the audit log, as their readers and those who add an entry see them. */
@Injectable()
export class AuditRepository {
  constructor(private readonly database: Database) {}

  async insert(scope: Scope, entry: NewEntry): Promise<void> {
    await this.database.query(scope, INSERT_ONE, paramsOf(entry));
  }

  /** Of any projects. */
  async insertAll(entries: readonly NewEntry[]): Promise<void> {
    const rows = entries.map(({ projectId, entry, mac }) => ({ project_id: projectId, ...entry, mac }));
    await this.database.system.query(INSERT_MANY, [JSON.stringify(rows)]);
  }

  /** Whether entries wait to be chained. */
  async hasPending(scope: Scope): Promise<boolean> {
    const sql = `select 1 from zerodb_audit_pending where project_id = $1 limit 1`;
    return (await this.database.query(scope, sql, [scope.projectId])).rows.length > 0;
  }

  /** Newest first, `limit` entries before `before`. */
  async list(scope: Scope, filter: EntryFilter, limit: number, before: number | undefined): Promise<ChainedEntry[]> {
    const { rows } = await this.database.query<EntryRow>(
      scope,
      `select ${SHOWN} from zerodb_audit_entries e
       where project_id = $1 and seq < coalesce($2::bigint, ${MAX_SEQ}) and ($3::text is null or actor = $3)
         and ($4::text is null or action = $4) and ($5::text is null or class = $5) and ($6::text is null or outcome = $6)
         and ($7::timestamptz is null or at >= $7) and ($8::timestamptz is null or at < $8)
         and ($9::text[] is null or exists (select from jsonb_each_text(resource) r where r.value = any ($9)))
       order by seq desc limit $10`,
      [
        scope.projectId,
        before ?? null,
        filter.actor ?? null,
        filter.action ?? null,
        filter.class ?? null,
        filter.outcome ?? null,
        filter.since ?? null,
        filter.until ?? null,
        filter.resources ?? null,
        limit,
      ],
    );
    return rows.map(entryOf);
  }

  /** In the order of the chain, after `after` and up to `upTo`. */
  async page(scope: Scope, after: number, upTo: number, limit: number): Promise<ChainedEntry[]> {
    const { rows } = await this.database.query<EntryRow>(
      scope,
      `select ${SHOWN} from zerodb_audit_entries where project_id = $1 and seq > $2 and seq <= $3 order by seq limit $4`,
      [scope.projectId, after, upTo, limit],
    );
    return rows.map(entryOf);
  }

  /** Those that are about entries after `after` and up to `upTo`. */
  async checkpoints(scope: Scope, after: number, upTo: number): Promise<SignedStatement[]> {
    const { rows } = await this.database.query<StatementRow>(
      scope,
      `select project_id as chain, seq, encode(hash, 'hex') as hash, at, encode(signature, 'base64') as signature
       from zerodb_audit_checkpoints where project_id = $1 and seq > $2 and seq <= $3 order by seq`,
      [scope.projectId, after, upTo],
    );
    return rows.map((row) => statementIn('checkpoint', row));
  }

  /** `undefined` where nothing was recorded yet. */
  async chain(scope: Scope): Promise<ChainRow | undefined> {
    return await chainOf(scope.projectId, { query: (sql, params) => this.database.query(scope, sql, params) });
  }

  /** Entries that the signed end does not cover, at one moment. */
  async beyondHead(
    scope: Scope,
  ): Promise<{ readonly unchained: number; readonly beyond: number; readonly first: number | null }> {
    const { rows } = await this.database.query<{ unchained: number; beyond: number; first: number | null }>(
      scope,
      `select (select count(*) from zerodb_audit_pending where project_id = $1)::int as unchained,
         count(*)::int as beyond, least(min(seq), ${MAX_SEQ}) as first from zerodb_audit_entries
       where project_id = $1 and seq > coalesce((select seq from zerodb_audit_chains where project_id = $1), 0)`,
      [scope.projectId],
    );
    return rows[0] ?? { unchained: 0, beyond: 0, first: null };
  }
}

export interface StatementRow {
  readonly chain: number;
  readonly seq: number;
  readonly hash: string;
  readonly at: unknown;
  readonly signature: string;
}

export const statementIn = (kind: SignedStatement['kind'], row: StatementRow): SignedStatement => ({
  kind,
  chain: row.chain,
  seq: row.seq,
  hash: row.hash,
  at: isoOf(row.at),
  signature: row.signature.replaceAll('\n', ''),
});

interface WholeChainRow extends StatementRow {
  readonly anchor_seq: number;
  readonly anchor_hash: string;
  readonly anchor_at: unknown;
  readonly anchor_signature: string;
}

const held = (column: string): string => `least(greatest(${column}, 0), ${MAX_SEQ}) as ${column}`;

export const CHAIN_COLUMNS = `project_id as chain, ${held('seq')}, encode(hash, 'hex') as hash, at, encode(signature, 'base64') as signature,
  ${held('anchor_seq')}, encode(anchor_hash, 'hex') as anchor_hash, anchor_at, encode(anchor_signature, 'base64') as anchor_signature`;

export const chainOf = async (projectId: number, executor: Executor, lock = ''): Promise<ChainRow | undefined> => {
  const { rows } = await executor.query<WholeChainRow>(
    `select ${CHAIN_COLUMNS} from zerodb_audit_chains where project_id = $1 ${lock}`,
    [projectId],
  );
  const row = rows[0];
  if (!row) return undefined;
  const anchor = {
    chain: row.chain,
    seq: row.anchor_seq,
    hash: row.anchor_hash,
    at: row.anchor_at,
    signature: row.anchor_signature,
  };
  return { head: statementIn('head', row), anchor: statementIn('anchor', anchor) };
};
