import { createHash } from 'node:crypto';

export const MEMORY_KINDS = ['fact', 'preference', 'event', 'instruction', 'message'] as const;
export type MemoryKind = (typeof MEMORY_KINDS)[number];

export const MESSAGE_ROLES = ['user', 'assistant', 'system', 'developer', 'tool', 'function'] as const;
export type MessageRole = (typeof MESSAGE_ROLES)[number];

/** What a program returned: no person stated it. */
export const isToolRole = (role: string): boolean => role === 'tool' || role === 'function';

/** Whose memory it is. At least one is given. */
export interface MemoryScope {
  readonly user_id?: string | undefined;
  readonly agent_id?: string | undefined;
  readonly session_id?: string | undefined;
}

/** Whose memories are searched: those that match every id that is given, or, with `any`, one of them. */
export interface RecallScope extends MemoryScope {
  readonly match?: 'all' | 'any';
}

/** What a fact is about, so that a later one can be recognised as its successor. All folded. */
export interface Claim {
  readonly subject: string;
  readonly attribute: string;
  readonly value: string;
}

/** A memory as it is shown. */
export interface Memory {
  readonly id: string;
  readonly kind: MemoryKind;
  readonly content: string;
  readonly user_id?: string;
  readonly agent_id?: string;
  readonly session_id?: string;
  readonly role?: string;
  readonly name?: string;
  readonly source?: string;
  /** The memories it was learned from. */
  readonly derived_from?: readonly string[];
  readonly subject?: string;
  readonly attribute?: string;
  readonly value?: string;
  readonly confidence: number;
  readonly importance: number;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly valid_from: string;
  readonly valid_to: string | null;
  readonly recorded_at: string;
  readonly updated_at: string;
  readonly superseded_at: string | null;
  readonly superseded_by: string | null;
  readonly expires_at: string | null;
  readonly version: number;
  /** Whether it is found by meaning already; by keyword it is at once. */
  readonly embedded: boolean;
}

/** A row of the ledger. */
export interface MemoryRow {
  readonly id: string;
  readonly seq: number;
  readonly kind: MemoryKind;
  /** `null` once it was deleted. */
  readonly content: string | null;
  readonly role: string | null;
  readonly speaker: string | null;
  readonly user_id: string | null;
  readonly agent_id: string | null;
  readonly session_id: string | null;
  readonly owner: string;
  readonly chain: string | null;
  readonly subject: string | null;
  readonly attribute: string | null;
  readonly value: string | null;
  readonly fingerprint: string | null;
  readonly near: string | null;
  readonly source: string | null;
  readonly derived_from: readonly string[];
  readonly confidence: number;
  readonly importance: number;
  readonly metadata: Record<string, unknown>;
  readonly indexed_text: string | null;
  readonly valid_from: Date;
  readonly valid_to: Date | null;
  readonly ends_at: Date | null;
  readonly recorded_at: Date;
  readonly updated_at: Date;
  readonly superseded_at: Date | null;
  readonly superseded_by: string | null;
  readonly expires_at: Date | null;
  readonly deleted_at: Date | null;
  readonly version: number;
  readonly embedded: boolean;
}

export const ROW_COLUMNS = `r.id, r.seq, r.kind, r.content, r.role, r.speaker, r.user_id, r.agent_id, r.session_id,
  r.owner, r.chain, r.subject, r.attribute, r.value, r.fingerprint, r.near, r.source, r.derived_from, r.confidence,
  r.importance, r.metadata, r.indexed_text, r.valid_from, r.valid_to, r.ends_at, r.recorded_at, r.updated_at,
  r.superseded_at, r.superseded_by, r.expires_at, r.deleted_at, r.version, r.embedded`;

const digest = (parts: readonly (string | null | undefined)[]): string =>
  createHash('sha256')
    .update(JSON.stringify(parts.map((part) => part ?? null)))
    .digest('base64url')
    .slice(0, 22);

/** A scope for exact comparison: duplicates are only searched within the same scope. */
export const ownerOf = (scope: MemoryScope): string => digest([scope.user_id, scope.agent_id, scope.session_id]);

/**
 * What contradicts what: claims about one attribute of one subject, known of one user (or agent). A session is part of it
 * only where nobody else is named: what a person says today supersedes what they said in an earlier session.
 */
export const chainOf = (scope: MemoryScope, claim: Pick<Claim, 'subject' | 'attribute'>): string => {
  const isPersonal = scope.user_id !== undefined || scope.agent_id !== undefined;
  const session = isPersonal ? undefined : scope.session_id;
  return digest([scope.user_id, scope.agent_id, session, claim.subject, claim.attribute]);
};

export const scopeOfRow = (row: Pick<MemoryRow, 'user_id' | 'agent_id' | 'session_id'>): MemoryScope => ({
  user_id: row.user_id ?? undefined,
  agent_id: row.agent_id ?? undefined,
  session_id: row.session_id ?? undefined,
});

const iso = (date: Date | null): string | null => date?.toISOString() ?? null;

const given = <K extends string, V>(key: K, value: V | null): { [key in K]?: V } =>
  value === null ? {} : ({ [key]: value } as { [key in K]?: V });

export const presentMemory = (row: MemoryRow): Memory => ({
  id: row.id,
  kind: row.kind,
  content: row.content ?? '',
  ...given('user_id', row.user_id),
  ...given('agent_id', row.agent_id),
  ...given('session_id', row.session_id),
  ...given('role', row.role),
  ...given('name', row.speaker),
  ...given('source', row.source),
  ...(row.derived_from.length > 0 ? { derived_from: row.derived_from } : {}),
  ...given('subject', row.subject),
  ...given('attribute', row.attribute),
  ...given('value', row.value),
  confidence: row.confidence,
  importance: row.importance,
  metadata: row.metadata,
  valid_from: row.valid_from.toISOString(),
  valid_to: iso(row.valid_to),
  recorded_at: row.recorded_at.toISOString(),
  updated_at: row.updated_at.toISOString(),
  superseded_at: iso(row.superseded_at),
  superseded_by: row.superseded_by,
  expires_at: iso(row.expires_at),
  version: row.version,
  embedded: row.embedded,
});
