import { Injectable } from '@nestjs/common';
import { newId } from '../../common/ids';
import { Database, type Executor } from '../../database/database.port';
import { AuditKeys, type SigningKeys } from '../audit-keys';
import { hashOf, macOf, NO_HASH, type AuditEntry, type ChainedEntry } from '../entry';
import { chainOf, entryOf, type ChainRow } from '../log/audit.repository';
import { RESET_ACTION } from './chain-verifier';
import { isSignedBy, publicKeyOf, type Statement } from './statement';

/** Entries in one transaction: a few milliseconds of hashing. */
const BATCH = 200;
/** A checkpoint is signed after so many entries, or so long after the first one that no checkpoint covers. */
const CHECKPOINT_ENTRIES = 1_000;
const CHECKPOINT_MINUTES = 5;

/** Takes a batch away. Whoever commits later than another, under an earlier id, comes in the next batch. */
const TAKE = `delete from zerodb_audit_pending where project_id = $1 and id in (
    select id from zerodb_audit_pending where project_id = $1 order by id limit ${BATCH})
  returning id, at, actor, role, action, class, resource, outcome, status, code, address, request_id, count,
    encode(mac, 'hex') as mac`;

const PUT = `insert into zerodb_audit_entries (project_id, seq, id, at, actor, role, action, class, resource, outcome, status, code,
    address, request_id, count, mac, hash)
  select $1, seq, id, at, actor, role, action, class, resource, outcome, status, code, address, request_id, count,
    decode(mac, 'hex'), decode(hash, 'hex')
  from jsonb_to_recordset($2::jsonb) as r (seq bigint, id text, at timestamptz, actor text, role text, action text, class text,
    resource jsonb, outcome text, status int, code text, address text, request_id text, count int, mac text, hash text)`;

/** Numbers that are free after the place where a chain is continued: more than one batch takes. */
const ROOM = 1_000;
/** No chain of ours gets so far: somebody else's entries beyond it are not followed. */
const FAR = 2 ** 52;

/** Whether somebody put entries after the end. */
const IS_TAKEN = `select 1 from zerodb_audit_entries
  where project_id = $1 and seq > $2 and (seq < ${FAR} or seq <= $2 + ${ROOM}) limit 1`;

/** The last entry with room after it, whoever wrote it. */
const LAST = `select e.seq, encode(e.hash, 'hex') as hash from zerodb_audit_entries e
  where e.project_id = $1 and e.seq > 0 and e.seq < ${FAR} and coalesce((select min(n.seq) from zerodb_audit_entries n
    where n.project_id = $1 and n.seq > e.seq) - e.seq, ${ROOM} + 1) > ${ROOM}
  order by e.seq desc limit 1`;

type Unchained = AuditEntry & { readonly mac: string };

/**
 * Numbers entries, and hashes each together with the one before it. The lock of the chain's row makes it one at a time. Whatever
 * somebody changed in the tables, the chain continues: what happens later is to be in it, too.
 */
@Injectable()
export class Chainer {
  constructor(
    private readonly database: Database,
    private readonly keys: AuditKeys,
  ) {}

  /** Chains with entries that wait, or with an end that is due to be signed as a checkpoint. */
  async due(): Promise<number[]> {
    const { rows } = await this.database.system.query<{ chain: number }>(
      // In any order, so that a hundred chains that cannot be continued hold up no other one.
      `select chain from (select distinct project_id as chain from zerodb_audit_pending
         union select project_id from zerodb_audit_chains
           where seq > signed_seq and signed_at < now() - interval '${CHECKPOINT_MINUTES} minutes') as due
       order by random() limit 100`,
    );
    return rows.map(({ chain }) => chain);
  }

  /** One batch. Whether there may be more. With `skip`, a chain that somebody else works on is left to them. */
  async extend(chain: number, whenBusy: 'wait' | 'skip'): Promise<boolean> {
    const keys = await this.keys.get();
    return await this.database.system.transaction(async (tx) => {
      await tx.query(...begun(chain, keys));
      const row = await chainOf(chain, tx, `for update ${whenBusy === 'skip' ? 'skip locked' : ''}`);
      if (!row) return false;
      const taken = (await tx.query<Unchained & { readonly at: never }>(TAKE, [chain])).rows.map(unchained).sort(byId);
      await this.append(tx, { chain, row, keys }, taken);
      return taken.length === BATCH;
    });
  }

  /** Everything that was committed before the call. */
  async catchUp(chain: number): Promise<void> {
    while (await this.extend(chain, 'wait'));
  }

  private async append(tx: Executor, work: Work, taken: readonly Unchained[]): Promise<void> {
    const { chain, row, keys } = work;
    const end = await changedEnd(tx, work);
    const entries = inChain(chain, end ?? row.head, end ? [resetOf(chain, keys), ...taken] : taken);
    const last = entries.at(-1);
    if (last) {
      await tx.query(PUT, [chain, JSON.stringify(entries)]);
      await moveHead(tx, { kind: 'head', chain, seq: last.seq, hash: last.hash, at: new Date().toISOString() }, keys);
    }
    await checkpoint(tx, chain, last ?? row.head, keys);
  }
}

type Place = Pick<Statement, 'seq' | 'hash'>;

interface Work {
  readonly chain: number;
  readonly row: ChainRow;
  readonly keys: SigningKeys;
}

/**
 * Where to continue when the end is not the signed one, or something follows it: after the stored entries, as their numbers are taken,
 * and as they are evidence. `undefined` for an end as it should be.
 */
const changedEnd = async (tx: Executor, { chain, row: { head, anchor }, keys }: Work): Promise<Place | undefined> => {
  const publicKey = publicKeyOf(keys.publicKey);
  const isOurs = isSignedBy(publicKey, head);
  if (isOurs && (await tx.query(IS_TAKEN, [chain, head.seq])).rows.length === 0) return undefined;
  const last = (await tx.query<Place>(LAST, [chain])).rows[0] ?? { seq: 0, hash: NO_HASH };
  return anchor.seq > last.seq && isSignedBy(publicKey, anchor) ? anchor : last;
};

/** The row of a chain that has none yet. */
const begun = (chain: number, { sign }: SigningKeys): [string, unknown[]] => {
  const at = new Date().toISOString();
  const signed = (kind: Statement['kind']): string =>
    sign({ kind, chain, seq: 0, hash: NO_HASH, at }).toString('base64');
  const sql = `insert into zerodb_audit_chains (project_id, hash, at, signature, signed_at, anchor_hash, anchor_at, anchor_signature)
    select $1, decode($2, 'hex'), $3, decode($4, 'base64'), $3, decode($2, 'hex'), $3, decode($5, 'base64')
    where not exists (select from zerodb_audit_chains where project_id = $1) on conflict do nothing`;
  return [sql, [chain, NO_HASH, at, signed('head'), signed('anchor')]];
};

const unchained = (row: Unchained): Unchained => entryOf(row as never);

/** About the order in which they were written. */
const byId = (a: Unchained, b: Unchained): number => (a.id < b.id ? -1 : 1);

const inChain = (chain: number, end: Place, entries: readonly Unchained[]): ChainedEntry[] => {
  let { seq, hash } = end;
  return entries.map((entry) => {
    seq += 1;
    const numbered = { ...entry, seq };
    hash = hashOf(hash, chain, numbered);
    return { ...numbered, hash };
  });
};

/** The log notices that somebody else changed its end, and continues: what happens later is to be in it, too. */
const resetOf = (chain: number, { macKey }: SigningKeys): Unchained => {
  const entry: AuditEntry = {
    id: newId(),
    at: new Date().toISOString(),
    actor: 'zerodb',
    role: null,
    action: RESET_ACTION,
    class: 'admin',
    resource: {},
    outcome: 'noticed',
    status: null,
    code: null,
    address: null,
    request_id: null,
    count: 1,
  };
  return { ...entry, mac: macOf(macKey, chain, entry) };
};

const moveHead = async (tx: Executor, head: Statement, { sign }: SigningKeys): Promise<void> => {
  await tx.query(
    `update zerodb_audit_chains set seq = $2, hash = decode($3, 'hex'), at = $4, signature = decode($5, 'base64'),
       signed_at = case when seq = signed_seq then now() else signed_at end where project_id = $1`,
    [head.chain, head.seq, head.hash, head.at, sign(head).toString('base64')],
  );
};

/** Where one is due. */
const checkpoint = async (tx: Executor, chain: number, { seq, hash }: Place, { sign }: SigningKeys): Promise<void> => {
  const due = `update zerodb_audit_chains set signed_seq = seq, signed_at = now()
    where project_id = $1 and seq > signed_seq
      and (seq - signed_seq >= ${CHECKPOINT_ENTRIES} or signed_at < now() - interval '${CHECKPOINT_MINUTES} minutes')`;
  if ((await tx.query(due, [chain])).rowCount === 0) return;
  const at = new Date().toISOString();
  const signature = sign({ kind: 'checkpoint', chain, seq, hash, at }).toString('base64');
  await tx.query(
    `insert into zerodb_audit_checkpoints (project_id, seq, hash, at, signature)
     values ($1, $2, decode($3, 'hex'), $4, decode($5, 'base64')) on conflict do nothing`,
    [chain, seq, hash, at, signature],
  );
};
