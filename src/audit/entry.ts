import { createHash, createHmac } from 'node:crypto';
import type { Scope } from '../common/scope';

/** The chain of what belongs to no project. No project has this number. */
export const INSTALLATION: Scope = { projectId: -1, projectName: 'installation' };

/**
 * `ok`: done. `refused`: the caller may not (401, 403). `failed`: not done, for another reason. `unknown`: it may have been done, in
 * part or in whole. `noticed`: the log's own entries.
 */
export const OUTCOMES = ['ok', 'refused', 'failed', 'unknown', 'noticed'] as const;
export type AuditOutcome = (typeof OUTCOMES)[number];

export const ENTRY_CLASSES = ['admin', 'write', 'read'] as const;
export type EntryClass = (typeof ENTRY_CLASSES)[number];

/** Who did what, on what, from where, with what outcome. Names and ids; no secrets, no content, no filters. */
export interface AuditEntry {
  /** UUIDv7. */
  readonly id: string;
  /** RFC 3339 with milliseconds. */
  readonly at: string;
  /** `root`, `key:ID`, `token:ISSUER#SUBJECT`, `guest`, `url:ID` for a URL that this key signed, `operator` for the command line, `zerodb`. */
  readonly actor: string;
  readonly role: string | null;
  /** The operation's id. */
  readonly action: string;
  readonly class: EntryClass;
  /** Kinds and names. Ids that users choose for data are keyed hashes. */
  readonly resource: Readonly<Record<string, string>>;
  readonly outcome: AuditOutcome;
  readonly status: number | null;
  /** Of the error. */
  readonly code: string | null;
  readonly address: string | null;
  readonly request_id: string | null;
  /** How many alike it stands for. */
  readonly count: number;
}

/** An entry with its place in the chain. */
export interface ChainedEntry extends AuditEntry {
  readonly seq: number;
  /** Hexadecimal. */
  readonly mac: string;
  readonly hash: string;
}

/** Before the first entry. */
export const NO_HASH = '0'.repeat(64);

/** No time that Postgres could not take back: an entry with another one was changed, and is to be named, not to stop its readers. */
const NO_TIME = '1970-01-01T00:00:00.000Z';

/** RFC 3339 with milliseconds, of whatever the database holds as a time. */
export const isoOf = (at: unknown): string => {
  if (!(at instanceof Date) || Number.isNaN(at.getTime())) return NO_TIME;
  const year = at.getUTCFullYear();
  return year >= 1 && year <= 9999 ? at.toISOString() : NO_TIME;
};

/** The kinds and names of an entry, of whatever JSON the database holds. */
export const namesOf = (resource: unknown): Readonly<Record<string, string>> =>
  typeof resource === 'object' && resource !== null && !Array.isArray(resource)
    ? (resource as Readonly<Record<string, string>>)
    : {};

const sorted = (object: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1)));

/** The fields in the order of their names; all are strings, whole numbers or null, so that JSON has one form of them (RFC 8785). */
const fieldsOf = (entry: AuditEntry) => ({
  action: entry.action,
  actor: entry.actor,
  address: entry.address,
  at: entry.at,
  class: entry.class,
  code: entry.code,
  count: entry.count,
  id: entry.id,
});

const restOf = (entry: AuditEntry) => ({
  outcome: entry.outcome,
  request_id: entry.request_id,
  resource: sorted(entry.resource),
  role: entry.role,
});

/** What the hash is over: canonical JSON of the entry, its chain, its number and the code that says who wrote it. */
export const canonicalOf = (
  chain: number,
  entry: AuditEntry & { readonly seq: number; readonly mac: string },
): string =>
  JSON.stringify({
    ...fieldsOf({ ...entry }),
    ...{ mac: entry.mac },
    ...restOf(entry),
    seq: entry.seq,
    status: entry.status,
    zerodb_chain: chain,
  });

/** Hexadecimal SHA-256 over the hash before and the entry. */
export const hashOf = (
  before: string,
  chain: number,
  entry: AuditEntry & { readonly seq: number; readonly mac: string },
): string => createHash('sha256').update(before, 'hex').update(canonicalOf(chain, entry)).digest('hex');

/** The authentication code of an entry, made when it is written: nobody can without the installation's key. */
export const macOf = (key: Buffer, chain: number, entry: AuditEntry): string =>
  createHmac('sha256', key)
    .update(JSON.stringify({ ...fieldsOf(entry), ...restOf(entry), status: entry.status, zerodb_chain: chain }))
    .digest('hex');
