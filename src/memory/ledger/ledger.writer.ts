import { Injectable } from '@nestjs/common';
import { createHash } from 'node:crypto';
import type { Collection } from '../../collections/collection';
import { addPostings } from '../../keyword/postings';
import { RecordsRepository } from '../../collections/records/records.repository';
import { conflict, invalidAt } from '../../common/errors';
import { mapInSlices } from '../../common/in-slices';
import type { Scope } from '../../common/scope';
import { ChangeFeed } from '../../database/change-feed.port';
import { Database, type Executor } from '../../database/database.port';
import { indexedTextOf } from '../indexing/indexed-text';
import { recordMetadataOf } from '../indexing/memory-record';
import { ownerOf, type MemoryRow, type MemoryScope } from '../memory';
import { entitiesOf, relationOf } from '../recognise/entities';
import type { Draft } from './draft';
import { endedBy, standingOfNew, standingOfRow, thingWords, type StandingMemory } from './ended';
import { LedgerRepository, MAX_ALIKE, type Moved, type NewMemory } from './ledger.repository';
import { isEcho, printsOf, type Recalled } from './echo';
import { alikeOf, duplicateOf, isSameMemory, replayOf, type Alike } from './duplicates';
import { place, type Known } from './plan';

/** A memory, or a message with the facts that it states. */
export interface Entry {
  readonly draft: Draft;
  readonly facts: readonly Draft[];
  /** A message that continues a conversation known so far is the same one even if it is superseded by now. */
  readonly isReplayable: boolean;
  /** It is stored even if it is a duplicate. */
  readonly isKept?: boolean;
  /** Where it stands in the request. */
  readonly path: string;
}

export type Status = 'added' | 'duplicate' | 'superseding' | 'ignored';

export interface Outcome {
  readonly id: string | null;
  readonly status: Status;
  readonly reason?: string;
  readonly supersedes?: readonly string[];
  readonly content: string;
}

export interface EntryOutcome extends Outcome {
  readonly facts: readonly Outcome[];
}

/** Two writers of one person's memories take turns. */
export const lockKeyOf = (scope: Scope, { user_id, agent_id, session_id }: MemoryScope): string =>
  createHash('sha256')
    .update(
      JSON.stringify([scope.projectId, user_id ?? null, agent_id ?? null, (user_id ?? agent_id) ? null : session_id]),
    )
    .digest('base64url');

/** What one transaction has decided so far. */
interface Session {
  readonly tx: Executor;
  readonly scope: Scope;
  readonly collection: Collection;
  readonly now: Date;
  /** By fingerprint. */
  readonly known: Map<string, Alike[]>;
  readonly timelines: Known[];
  /** Of this transaction and those whose ends it may move, by id. */
  readonly placed: Map<string, Known>;
  readonly before: ReadonlyMap<string, string>;
  readonly explicit: Map<string, MemoryRow>;
  /** What the drafts may end, the newest last. */
  readonly standing: StandingMemory[];
  readonly recalled: Recalled;
  /** Caller-chosen ids that already exist. */
  readonly taken: ReadonlySet<string>;
  readonly added: NewMemory[];
  readonly moved: Map<string, Moved>;
}

/** Writes memories into the ledger: recognises duplicates and contradictions, all in one transaction. */
@Injectable()
export class LedgerWriter {
  constructor(
    private readonly database: Database,
    private readonly ledger: LedgerRepository,
    private readonly records: RecordsRepository,
    private readonly changes: ChangeFeed,
  ) {}

  /** All or nothing. `beforeWriting` sees the drafts' neighbours under the lock and may chain messages to them. */
  async write(
    scope: Scope,
    collection: Collection,
    prepare: (tx: Executor) => Promise<readonly Entry[]>,
    lockScopes: readonly MemoryScope[],
  ): Promise<EntryOutcome[]> {
    const wantsEvents = await this.changes.hasSubscriber(scope, 'zerodb.memory.added');
    return await this.database.transaction(scope, async (tx) => {
      const now = await this.ledger.lock(
        tx,
        lockScopes.map((one) => lockKeyOf(scope, one)),
      );
      const entries = await prepare(tx);
      const session = await this.begin(tx, scope, collection, entries, now);
      const outcomes = await mapInSlices(entries, (entry) => this.decide(session, entry));
      await this.store(session);
      if (wantsEvents) await this.publish(session, outcomes);
      return outcomes;
    });
  }

  private async begin(
    tx: Executor,
    scope: Scope,
    collection: Collection,
    entries: readonly Entry[],
    now: Date,
  ): Promise<Session> {
    const drafts = entries.flatMap(({ draft, facts }) => [draft, ...facts]);
    const chains = [...new Set(drafts.flatMap(({ chain }) => chain ?? []))];
    const from = new Date(Math.min(...drafts.map(({ validFrom }) => (validFrom ?? now).getTime())));
    const named = drafts.flatMap((draft) => (draft.isNamed ? [draft.id] : []));
    const known = await this.ledger.similar(tx, scope, drafts);
    const timelines = (await this.ledger.timelines(tx, scope, chains, from)).filter(
      // A deleted memory whose id is given again begins again, wherever it stood before.
      (row) => !row.isDeleted || !named.includes(row.id),
    );
    const explicit = await this.explicitly(tx, scope, entries);
    const ending = drafts.filter(({ endings }) => endings.length > 0);
    const standing = await this.ledger.standing(tx, scope, ending, from);
    const taken = (named.length > 0 ? await this.ledger.findIn(tx, scope, named) : []).filter(
      ({ deleted_at }) => deleted_at === null,
    );
    mustBeFree(entries, taken);
    return {
      tx,
      scope,
      collection,
      now,
      known: byFingerprint(known),
      timelines,
      placed: new Map(timelines.map((row) => [row.id, row])),
      before: new Map(timelines.map((row) => [row.id, stateOf(row)])),
      explicit,
      standing: standing.map(standingOfRow),
      recalled: await this.recalledOf(tx, scope, drafts),
      taken: new Set(taken.map(({ id }) => id)),
      added: [],
      moved: new Map(),
    };
  }

  private async recalledOf(tx: Executor, scope: Scope, drafts: readonly Draft[]): Promise<Recalled> {
    const prints = (await mapInSlices(drafts, ({ content }) => printsOf(content))).flat();
    const owners = drafts.flatMap(({ scope: own }) => ownersAbove(own));
    return await this.ledger.recalled(tx, scope, [...new Set(owners)], [...new Set(prints)]);
  }

  /** The memories that entries say they supersede. */
  private async explicitly(tx: Executor, scope: Scope, entries: readonly Entry[]): Promise<Map<string, MemoryRow>> {
    const ids = [...new Set(entries.flatMap(({ draft }) => draft.supersedes))];
    const rows = ids.length > 0 ? await this.ledger.findIn(tx, scope, ids) : [];
    const found = new Map(rows.map((row) => [row.id, row]));
    for (const { draft, path } of entries) {
      for (const [index, id] of draft.supersedes.entries()) {
        const row = found.get(id);
        const at = `${path}/supersedes/${index}`;
        if (!row || row.deleted_at || !isWithin(row, draft.scope))
          throw invalidAt(at, `There is no memory "${id}" in this scope.`);
        if (draft.validFrom && row.valid_from > draft.validFrom)
          throw invalidAt(at, `"${id}" begins later than the memory that would supersede it.`);
      }
    }
    return found;
  }

  private decide(session: Session, entry: Entry): EntryOutcome {
    const { draft, facts } = entry;
    const outcome = this.decideOne(session, draft, entry);
    const isThere = outcome.status === 'duplicate' || outcome.status === 'ignored';
    return { ...outcome, facts: isThere ? [] : facts.map((fact) => this.decideOne(session, fact)) };
  }

  private decideOne(
    session: Session,
    draft: Draft,
    how: Partial<Pick<Entry, 'isReplayable' | 'isKept'>> = {},
  ): Outcome {
    const { now, recalled, taken } = session;
    const { content } = draft;
    if (taken.has(draft.id)) return { id: draft.id, status: 'duplicate', reason: 'exact', content };
    const alike = how.isKept ? [] : this.alike(session, draft);
    const replayed = how.isReplayable ? replayOf(draft, alike, now) : undefined;
    if (replayed !== undefined) return { id: replayed, status: 'duplicate', reason: 'exact', content };
    if (draft.isSilent && draft.scope.session_id === undefined) {
      return { id: null, status: 'ignored', reason: 'small_talk', content };
    }
    const duplicate = draft.supersedes.length > 0 ? undefined : duplicateOf(draft, alike, now);
    if (duplicate !== undefined) return { id: duplicate, status: 'duplicate', reason: 'exact', content };
    if (!how.isKept && isEcho(draft, recalled)) return { id: null, status: 'ignored', reason: 'recalled', content };
    return this.add(session, draft);
  }

  /** Those of its fingerprint, with the ends that this transaction has given them so far. */
  private alike({ known, placed, moved }: Session, draft: Draft): Alike[] {
    return (known.get(draft.fingerprint) ?? []).slice(-MAX_ALIKE).map((row) => {
      const present = moved.get(row.id) ?? placed.get(row.id);
      return present ? { ...row, validTo: present.validTo } : row;
    });
  }

  private add(session: Session, given: Draft): Outcome {
    const draft = this.withoutIdleEnding(session, given);
    const { now } = session;
    const validFrom = beginningOf(draft, session, now);
    const fact = { id: draft.id, value: draft.claim?.value ?? '', validFrom, endsAt: draft.endsAt };
    const timeline = draft.chain === null ? [] : session.timelines.filter((row) => row.chain === draft.chain);
    const placed = place(fact, timeline, now);
    const explicit = draft.supersedes.flatMap((id) => this.supersede(session, id, draft.id, validFrom));
    const ended = endedBy(draft, session.standing, validFrom, ({ id }) => isOver(session, id, validFrom)).filter(
      ({ id }) => !placed.supersedes.includes(id),
    );
    for (const { id } of ended) this.end(session, id, draft.id, validFrom);
    const about = draft.endings.some(({ isPointing }) => isPointing) ? thingWords(ended, draft.content) : '';
    const said = about === '' ? draft.content : `${draft.content} (${about})`;
    const indexedText = draft.isSilent ? null : indexedTextOf({ ...draft, content: said, validFrom });
    const memory: NewMemory = {
      draft,
      collectionId: session.collection.id,
      validFrom,
      ...placed,
      indexedText,
      isEmbedded: draft.isSilent,
    };
    session.added.push(memory);
    const row = knownOfNew(memory, session.added.length);
    session.placed.set(row.id, row);
    keep(session.known, alikeOfNew(memory));
    session.standing.push(standingOfNew(memory));
    if (draft.chain !== null) session.timelines.push(row);
    const supersedes = [...new Set([...placed.supersedes, ...explicit, ...ended.map(({ id }) => id)])];
    if (supersedes.length === 0) return { id: draft.id, status: 'added', content: draft.content };
    return { id: draft.id, status: 'superseding', supersedes, content: draft.content };
  }

  /** "No longer at Acme" ends that employment; it does not affect a different current one. */
  private withoutIdleEnding({ timelines, now }: Session, draft: Draft): Draft {
    if (draft.ends === null) return draft;
    const at = draft.validFrom ?? now;
    const present = timelines.filter(
      (row) =>
        row.chain === draft.chain &&
        !row.isDeleted &&
        row.validFrom <= at &&
        (row.validTo === null || row.validTo > at),
    );
    const isAbout = (value: string | null): boolean =>
      value !== null &&
      (value === draft.ends || value.includes(draft.ends ?? '') || (draft.ends ?? '').includes(value));
    if (present.length === 0 || present.some((row) => isAbout(row.value))) return draft;
    return { ...draft, claim: null, chain: null };
  }

  /** In its timeline, too: the next fact of the batch finds it ended. */
  private end(session: Session, id: string, by: string, from: Date): void {
    const ended = { validTo: from, supersededAt: session.now, supersededBy: by };
    session.moved.set(id, { id, ...ended, change: 'superseded' });
    const row = session.placed.get(id);
    if (row) Object.assign(row, ended);
  }

  private supersede(session: Session, id: string, by: string, from: Date): string[] {
    const row = session.explicit.get(id);
    if (!row) return [];
    const validTo = row.valid_to && row.valid_to < from ? row.valid_to : from;
    session.moved.set(id, { id, validTo, supersededAt: session.now, supersededBy: by, change: 'superseded' });
    return [id];
  }

  private async store(session: Session): Promise<void> {
    const { tx, scope, collection, now, added, moved } = session;
    // A fact that a later one of the same batch cut short is written as it ended up.
    const final = new Map(session.timelines.map((row) => [row.id, row]));
    await this.ledger.insert(
      tx,
      scope,
      added.map((memory) => ({ ...memory, ...endOf(final.get(memory.draft.id)) })),
      now,
    );
    for (const row of session.timelines) {
      const was = session.before.get(row.id);
      if (was === undefined || was === stateOf(row) || moved.has(row.id)) continue;
      moved.set(row.id, {
        id: row.id,
        validTo: row.validTo,
        supersededAt: row.supersededAt,
        supersededBy: row.supersededBy,
        change: 'superseded',
      });
    }
    await this.moveIn(tx, scope, collection, [...moved.values()], now);
    const found = added.filter(({ indexedText }) => indexedText !== null);
    await addPostings(
      tx,
      collection,
      found.map(({ draft, indexedText }) => ({ id: draft.id, text: indexedText })),
    );
    await this.ledger.link(tx, scope, await mapInSlices(found, ({ draft }) => linksOf(draft)));
  }

  /** Moves rows of the ledger and the records that are there of them. */
  async moveIn(tx: Executor, scope: Scope, collection: Collection, moves: readonly Moved[], now: Date): Promise<void> {
    if (moves.length === 0) return;
    await this.ledger.move(tx, scope, moves, now);
    const rows = await this.ledger.findIn(
      tx,
      scope,
      moves.map(({ id }) => id),
    );
    const embedded = rows.filter((row) => row.embedded && row.deleted_at === null);
    await this.records.setMetadataIn(
      tx,
      collection,
      embedded.map((row) => ({ id: row.id, metadata: recordMetadataOf(row), text: row.indexed_text })),
    );
  }

  private async publish({ tx, scope, added, moved }: Session, outcomes: readonly EntryOutcome[]): Promise<void> {
    const isNew = new Set(outcomes.flatMap((outcome) => [outcome, ...outcome.facts]).map(({ id }) => id));
    await this.changes.append(tx, scope, [
      ...added
        .filter(({ draft }) => isNew.has(draft.id))
        .map(({ draft }) => ({
          type: 'zerodb.memory.added',
          subject: `memories/${draft.id}`,
          data: { id: draft.id, kind: draft.kind, ...draft.scope },
        })),
      ...[...moved.values()].map((move) => ({
        type: 'zerodb.memory.superseded',
        subject: `memories/${move.id}`,
        data: { id: move.id, superseded_by: move.supersededBy },
      })),
    ]);
  }
}

function mustBeFree(entries: readonly Entry[], taken: readonly MemoryRow[]): void {
  const byId = new Map(taken.map((row) => [row.id, row]));
  const seen = new Set<string>();
  for (const { draft, path } of entries) {
    if (!draft.isNamed) continue;
    const row = byId.get(draft.id);
    if (seen.has(draft.id)) throw invalidAt(`${path}/id`, `The id "${draft.id}" occurs twice.`);
    seen.add(draft.id);
    if (row && !isSameMemory(alikeOf(row), draft))
      throw conflict(`There is a memory "${draft.id}" already; PATCH changes it.`);
  }
}

/**
 * "I moved yesterday" holds now, even where something else was told this morning: then it begins where that did. What is
 * only past ("in 2019") is filed where it says.
 */
function beginningOf({ validFrom, holdsAt, chain }: Draft, { timelines }: Session, now: Date): Date {
  const from = validFrom ?? now;
  if (holdsAt === null || chain === null) return from;
  const later = timelines.filter(
    (row) => row.chain === chain && !row.isDeleted && row.validFrom > from && row.validFrom <= holdsAt,
  );
  return new Date(Math.max(from.getTime(), ...later.map((row) => row.validFrom.getTime())));
}

/** Whether this transaction has ended a memory by then: its neighbours in time were read before. */
const isOver = ({ moved, placed }: Session, id: string, from: Date): boolean => {
  const end = placed.get(id)?.validTo ?? null;
  return moved.has(id) || (end !== null && end <= from);
};

const stateOf = (row: Known): string => JSON.stringify([row.validTo, row.supersededBy]);

const endOf = (row: Known | undefined): Partial<Pick<NewMemory, 'validTo' | 'supersededAt' | 'supersededBy'>> =>
  row ? { validTo: row.validTo, supersededAt: row.supersededAt, supersededBy: row.supersededBy } : {};

function byFingerprint(rows: readonly Alike[]): Map<string, Alike[]> {
  const groups = new Map<string, Alike[]>();
  for (const row of rows) keep(groups, row);
  return groups;
}

function keep(groups: Map<string, Alike[]>, row: Alike): void {
  const print = row.fingerprint ?? '';
  const group = groups.get(print);
  if (group) group.push(row);
  else groups.set(print, [row]);
}

const alikeOfNew = ({ draft, validFrom, validTo }: NewMemory): Alike => ({
  id: draft.id,
  kind: draft.kind,
  owner: draft.owner,
  fingerprint: draft.fingerprint,
  metadata: draft.metadata,
  chain: draft.chain,
  value: draft.claim?.value ?? null,
  validFrom,
  validTo,
  endsAt: draft.endsAt,
  expiresAt: draft.expiresAt,
});

const knownOfNew = ({ draft, validFrom, validTo, supersededAt, supersededBy }: NewMemory, position: number): Known => ({
  id: draft.id,
  order: Number.MAX_SAFE_INTEGER - 1_000_000 + position,
  kind: draft.kind,
  chain: draft.chain,
  value: draft.claim?.value ?? null,
  validFrom,
  endsAt: draft.endsAt,
  expiresAt: draft.expiresAt,
  isDeleted: false,
  validTo,
  supersededAt,
  supersededBy,
});

/** Those given must match; a memory of another user is nobody's to supersede. */
const isWithin = (row: MemoryRow, scope: MemoryScope): boolean =>
  (scope.user_id ?? null) === row.user_id && (scope.agent_id ?? null) === row.agent_id;

/** Every scope whose recalls may have held a memory of this one. */
export function ownersAbove({ user_id, agent_id, session_id }: MemoryScope): string[] {
  const owners: string[] = [];
  for (let mask = 1; mask < 8; mask += 1) {
    owners.push(
      ownerOf({
        user_id: mask & 1 ? user_id : undefined,
        agent_id: mask & 2 ? agent_id : undefined,
        session_id: mask & 4 ? session_id : undefined,
      }),
    );
  }
  return [...new Set(owners)];
}

const linksOf = (draft: Draft) => ({
  id: draft.id,
  entities: entitiesOf(draft.content, [
    draft.speaker ?? undefined,
    draft.claim && draft.claim.subject !== 'user' ? draft.claim.subject : undefined,
  ]),
  relations: draft.claim ? relationOf(draft.claim) : [],
});
