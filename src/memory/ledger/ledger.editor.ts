import { Injectable } from '@nestjs/common';
import type { Collection } from '../../collections/collection';
import { deletePostings, replacePostings } from '../../keyword/postings';
import { RecordsRepository } from '../../collections/records/records.repository';
import { conflict, invalid, invalidAt, notFound, preconditionFailed } from '../../common/errors';
import { indexedWords, metadataFaults } from '../../common/filter';
import { mergePatch } from '../../common/merge-patch';
import type { Scope } from '../../common/scope';
import { ChangeFeed } from '../../database/change-feed.port';
import { Database, type Executor } from '../../database/database.port';
import { SqlParams } from '../../database/filter/sql-params';
import type { MemoryPatch } from '../dto/memory.schemas';
import { indexedTerms, indexedTextAnew, indexedTextOf } from '../indexing/indexed-text';
import { recordMetadataOf } from '../indexing/memory-record';
import { chainOf, scopeOfRow, type MemoryRow } from '../memory';
import { entitiesOf, relationOf } from '../recognise/entities';
import { fingerprintOf } from '../recognise/fingerprint';
import { statementsOf } from '../recognise/statements';
import { dateOf } from './draft';
import { LedgerRepository, type Change, type Moved } from './ledger.repository';
import { LedgerWriter, lockKeyOf } from './ledger.writer';
import { knownOf, place, replace } from './plan';

/** How far a chain of supersessions is followed in search of a cycle. */
const MAX_CHAIN = 10_000;

interface Edit {
  readonly tx: Executor;
  readonly scope: Scope;
  readonly collection: Collection;
  readonly now: Date;
  readonly row: MemoryRow;
}

/** The fields of a memory that can change. */
type Editable = Pick<
  MemoryRow,
  | 'kind'
  | 'content'
  | 'metadata'
  | 'confidence'
  | 'importance'
  | 'chain'
  | 'subject'
  | 'attribute'
  | 'value'
  | 'valid_from'
  | 'ends_at'
  | 'expires_at'
>;

/** Changes existing memories. Updates their timelines, and records every step in the history. */
@Injectable()
export class LedgerEditor {
  constructor(
    private readonly database: Database,
    private readonly ledger: LedgerRepository,
    private readonly writer: LedgerWriter,
    private readonly records: RecordsRepository,
    private readonly changes: ChangeFeed,
  ) {}

  async patch(
    scope: Scope,
    collection: Collection,
    id: string,
    patch: MemoryPatch,
    version?: number,
  ): Promise<MemoryRow> {
    return await this.edit(scope, collection, id, 'updated', async (edit) => {
      mustBeLive(edit.row);
      mustMatch(edit.row, version);
      const next = patched(edit.row, patch);
      const superseded = await this.supersedeIn(edit, patch.supersedes ?? [], next.valid_from);
      if (superseded || isChanged(edit.row, next)) await this.rewrite(edit, next, 'updated');
    });
  }

  /** Takes the content out of the row, its versions, its record and its postings, with the facts learned from it. */
  async delete(scope: Scope, collection: Collection, id: string, version?: number): Promise<void> {
    await this.edit(scope, collection, id, 'deleted', async (edit) => {
      mustBeLive(edit.row);
      mustMatch(edit.row, version);
      for (const learned of await this.learnedFrom(edit)) await this.blank(edit, learned, 'deleted');
      await this.blank(edit, id, 'deleted');
      await this.embedNextAnew(edit);
    });
  }

  /** Takes back the last change of this memory. */
  async undo(scope: Scope, collection: Collection, id: string): Promise<MemoryRow> {
    return await this.edit(scope, collection, id, 'restored', async (edit) => {
      const versions = await this.ledger.versionsIn(edit.tx, scope, id);
      const last = versions.at(-1);
      const before = versions.at(-2);
      if (!last) throw notFound('memory', id);
      if (last.change === 'added' || last.change === 'deleted') return await this.retract(edit, edit.row);
      if (last.change === 'superseded' && edit.row.superseded_by !== null) return await this.withdrawSuccessor(edit);
      if (last.change !== 'updated' || !before)
        throw conflict(`There is no change left to undo in the memory "${id}".`);
      await this.rewrite(edit, before, 'restored');
    });
  }

  private async edit(
    scope: Scope,
    collection: Collection,
    id: string,
    change: Change,
    work: (edit: Edit) => Promise<void>,
  ): Promise<MemoryRow> {
    const seen = await this.ledger.find(scope, id);
    if (!seen) throw notFound('memory', id);
    const type = `zerodb.memory.${change}`;
    const wantsEvent = await this.changes.hasSubscriber(scope, type);
    return await this.database.transaction(scope, async (tx) => {
      const now = await this.ledger.lock(tx, [lockKeyOf(scope, scopeOfRow(seen))]);
      const [row] = await this.ledger.findIn(tx, scope, [id]);
      if (!row) throw notFound('memory', id);
      await work({ tx, scope, collection, now, row });
      if (wantsEvent) await this.changes.append(tx, scope, [{ type, subject: `memories/${id}`, data: { id } }]);
      const [after] = await this.ledger.findIn(tx, scope, [id]);
      return after ?? row;
    });
  }

  private async withdrawSuccessor(edit: Edit): Promise<void> {
    const [successor] = await this.ledger.findIn(edit.tx, edit.scope, [edit.row.superseded_by ?? '']);
    if (successor) await this.retract(edit, successor);
  }

  /** As if it had never been said, nor the facts read out of it: what they superseded is the present again. */
  private async retract(edit: Edit, row: MemoryRow): Promise<void> {
    for (const fact of await this.readOutOf(edit, row)) await this.withdrawOne(edit, fact);
    await this.withdrawOne(edit, row);
    if (row.deleted_at === null) await this.embedNextAnew({ ...edit, row });
  }

  /** With those that were deleted with the message. The latest first: each ended where the next began. */
  private async readOutOf({ tx, scope }: Edit, row: MemoryRow): Promise<MemoryRow[]> {
    if (row.kind !== 'message') return [];
    const { rows } = await tx.query<{ id: string }>(
      `select id from zerodb_memory_records r where project_id = $1 and owner = $2 and derived_from = array[$3]::text[]
         and not exists (select from zerodb_memory_versions v
           where v.project_id = r.project_id and v.memory_id = r.id and v.change = 'withdrawn')`,
      [scope.projectId, row.owner, row.id],
    );
    const ids = rows.map(({ id }) => id);
    return (await this.ledger.findIn(tx, scope, ids)).sort((a, b) => b.seq - a.seq);
  }

  private async withdrawOne(edit: Edit, row: MemoryRow): Promise<void> {
    await this.blank(edit, row.id, 'withdrawn');
    const moves = await this.movesWithout(edit, row);
    await this.writer.moveIn(edit.tx, edit.scope, edit.collection, moves, edit.now);
  }

  /**
   * How the others' ends move once this row is out of their timeline. `stays`: what it ended outside its timeline ends then,
   * unless it begins later or ends earlier anyway.
   */
  private async movesWithout({ tx, scope, now }: Edit, gone: MemoryRow, stays: Date | null = null): Promise<Moved[]> {
    const { rows } = await tx.query<{ id: string }>(
      `select id from zerodb_memory_records where project_id = $1 and id <> $2
         and (superseded_by = $2 or (chain = $3 and valid_to = $4))`,
      [scope.projectId, gone.id, gone.chain, gone.valid_from],
    );
    const touched = await this.ledger.findIn(
      tx,
      scope,
      rows.map(({ id }) => id),
    );
    const chains = touched.flatMap(({ chain }) => chain ?? []);
    const timelines = (await this.ledger.timelines(tx, scope, [...new Set(chains)], null)).filter(
      (row) => row.id !== gone.id,
    );
    return touched.map((row): Moved => {
      const known = knownOf(row);
      const timeline = row.chain === null ? [] : timelines.filter((other) => other.chain === row.chain);
      const { validTo, supersededBy } = replace(known, timeline);
      const isEnded = row.superseded_by === gone.id && (row.chain === null || row.chain !== gone.chain);
      if (isEnded && stays && row.valid_from <= stays && (validTo === null || validTo > stays)) {
        const supersededAt = row.superseded_at ?? now;
        return { id: row.id, validTo: stays, supersededBy: gone.id, supersededAt, change: 'superseded' };
      }
      const supersededAt = supersededBy === null ? null : (row.superseded_at ?? now);
      return { id: row.id, validTo, supersededBy, supersededAt, change: 'restored' };
    });
  }

  /** Takes the memory out of its timeline, writes the new state, and puts it where it belongs now. */
  private async rewrite(edit: Edit, next: Editable, change: Change): Promise<void> {
    const { tx, scope, row, now } = edit;
    const isMoved =
      next.chain !== row.chain ||
      next.value !== row.value ||
      +next.valid_from !== +row.valid_from ||
      !sameDate(next.ends_at, row.ends_at);
    await this.writeFields(edit, next);
    if (isMoved) await this.replaceIn(edit, next);
    await this.ledger.note(tx, scope, [row.id], change, now);
    const [written] = await this.ledger.findIn(tx, scope, [row.id]);
    if (written) await this.reindex(edit, written);
  }

  private async replaceIn(edit: Edit, next: Editable): Promise<void> {
    const { tx, scope, collection, row, now } = edit;
    // What the content ended stays ended, from the new time on.
    const stays = next.content === row.content ? next.valid_from : null;
    await this.writer.moveIn(tx, scope, collection, await this.movesWithout(edit, row, stays), now);
    const timeline =
      next.chain === null
        ? []
        : (await this.ledger.timelines(tx, scope, [next.chain], null)).filter((other) => other.id !== row.id);
    const before = new Map(
      timeline.map((other) => [other.id, `${String(other.validTo)} ${String(other.supersededBy)}`]),
    );
    const fact = { id: row.id, value: next.value ?? '', validFrom: next.valid_from, endsAt: next.ends_at };
    const placed = place(fact, timeline, now);
    const moved = timeline.filter(
      (other) => before.get(other.id) !== `${String(other.validTo)} ${String(other.supersededBy)}`,
    );
    await this.writer.moveIn(
      tx,
      scope,
      collection,
      moved.map((other) => ({ ...other, change: 'superseded' as const })),
      now,
    );
    await tx.query(
      `update zerodb_memory_records set valid_to = $3, superseded_at = $4, superseded_by = $5 where project_id = $1 and id = $2`,
      [scope.projectId, row.id, placed.validTo, placed.supersededAt, placed.supersededBy],
    );
  }

  private async writeFields({ tx, scope, row, now }: Edit, next: Editable): Promise<void> {
    const content = next.content ?? '';
    const indexed = indexedTextAnew(row, next);
    const terms = indexedTerms(indexed);
    const params = new SqlParams();
    const to = params.addAll({
      project: scope.projectId,
      id: row.id,
      kind: next.kind,
      content,
      metadata: JSON.stringify(next.metadata),
      confidence: next.confidence,
      importance: next.importance,
      chain: next.chain,
      subject: next.subject,
      attribute: next.attribute,
      value: next.value,
      validFrom: next.valid_from,
      endsAt: next.ends_at,
      expiresAt: next.expires_at,
      fingerprint: fingerprintOf(content),
      words: indexedWords(next.metadata, content),
      indexed,
      now,
      terms: terms.terms,
      frequencies: terms.frequencies,
      length: terms.length,
    });
    await tx.query(
      `update zerodb_memory_records set kind = ${to.kind}, content = ${to.content}, metadata = ${to.metadata}::jsonb,
         confidence = ${to.confidence}, importance = ${to.importance}, chain = ${to.chain}, subject = ${to.subject},
         attribute = ${to.attribute}, value = ${to.value}, valid_from = ${to.validFrom}, ends_at = ${to.endsAt},
         expires_at = ${to.expiresAt},
         fingerprint = case when content = ${to.content} then fingerprint else ${to.fingerprint} end,
         near = case when content = ${to.content} then near end, words = ${to.words}::text[],
         valid_to = case when valid_to < ${to.validFrom} then ${to.endsAt} else valid_to end,
         embedded = embedded and indexed_text is not distinct from ${to.indexed}, indexed_text = ${to.indexed},
         terms = ${to.terms}::int[], frequencies = ${to.frequencies}::int[], length = ${to.length},
         run_after = now(), attempts = 0, updated_at = ${to.now}, version = nextval('zerodb_version')
       where project_id = ${to.project} and id = ${to.id}`,
      params.values,
    );
  }

  /** A changed text loses its old vector at once and is found by keyword until it has a new one. */
  private async reindex({ tx, scope, collection, row }: Edit, written: MemoryRow): Promise<void> {
    if (written.embedded && written.indexed_text !== null) {
      const record = { id: written.id, metadata: recordMetadataOf(written), text: written.indexed_text };
      await this.records.setMetadataIn(tx, collection, [record]);
    } else {
      await this.records.deleteIn(tx, collection, { ids: [written.id] });
      await replacePostings(tx, collection, [{ id: written.id, text: written.indexed_text }]);
    }
    if (written.content === row.content) return;
    await tx.query('delete from zerodb_memory_entities where project_id = $1 and memory_id = $2', [
      scope.projectId,
      row.id,
    ]);
    await tx.query('delete from zerodb_memory_relations where project_id = $1 and memory_id = $2', [
      scope.projectId,
      row.id,
    ]);
    const { subject, attribute, value } = written;
    const relations =
      subject !== null && attribute !== null && value !== null ? relationOf({ subject, attribute, value }) : [];
    await this.ledger.link(tx, scope, [
      { id: row.id, entities: entitiesOf(written.content ?? '', [written.speaker ?? undefined]), relations },
    ]);
  }

  private async blank({ tx, scope, collection, now }: Edit, id: string, change: Change): Promise<void> {
    await this.ledger.blank(tx, scope, id, change, now);
    await this.records.deleteIn(tx, collection, { ids: [id] });
    // Before it was embedded there are postings without a record.
    await deletePostings(tx, collection, [id]);
    await this.forgetIn({ tx, scope, collection }, id);
  }

  /** What corrected it is found by words of it, too: they go with it. */
  private async forgetIn({ tx, scope, collection }: Omit<Edit, 'row' | 'now'>, id: string): Promise<void> {
    const { rows } = await tx.query<{ id: string }>(
      `select distinct superseded_by as id from zerodb_memory_versions
       where project_id = $1 and memory_id = $2 and superseded_by is not null`,
      [scope.projectId, id],
    );
    const successors = await this.ledger.findIn(
      tx,
      scope,
      rows.map((row) => row.id),
    );
    for (const row of successors) {
      const text = plainTextOf(row);
      if (row.indexed_text === null || text === row.indexed_text) continue;
      const { terms, frequencies, length } = indexedTerms(text);
      await tx.query(
        `update zerodb_memory_records set indexed_text = $3, terms = $4::int[], frequencies = $5::int[], length = $6,
           embedded = false, run_after = now(), attempts = 0 where project_id = $1 and id = $2`,
        [scope.projectId, row.id, text, terms, frequencies, length],
      );
      await this.records.deleteIn(tx, collection, { ids: [row.id] });
      await replacePostings(tx, collection, [{ id: row.id, text }]);
    }
  }

  /** The vector of the next message was made with this one before it. */
  private async embedNextAnew({ tx, scope, row }: Edit): Promise<void> {
    if (row.kind !== 'message' || row.session_id === null) return;
    await tx.query(
      `update zerodb_memory_records set embedded = false, run_after = now() where project_id = $1 and id = (
         select id from zerodb_memory_records where project_id = $1 and session_id = $2 and owner = $3 and seq > $4
           and kind = 'message' and indexed_text is not null and deleted_at is null order by seq limit 1)`,
      [scope.projectId, row.session_id, row.owner, row.seq],
    );
  }

  private async learnedFrom({ tx, scope, row }: Edit): Promise<string[]> {
    if (row.kind !== 'message') return [];
    const { rows } = await tx.query<{ id: string }>(
      `select id from zerodb_memory_records where project_id = $1 and owner = $2 and derived_from = array[$3]::text[]
         and deleted_at is null order by id`,
      [scope.projectId, row.owner, row.id],
    );
    return rows.map(({ id }) => id);
  }

  private async supersedeIn(edit: Edit, ids: readonly string[], from: Date): Promise<boolean> {
    const { tx, scope, collection, row, now } = edit;
    if (ids.length === 0) return false;
    const rows = new Map((await this.ledger.findIn(tx, scope, ids)).map((found) => [found.id, found]));
    const above = await this.successorsOf(edit);
    const moves = ids.map((id, index): Moved => {
      const path = `/supersedes/${index}`;
      const old = rows.get(id);
      if (id === row.id || above.has(id))
        throw invalidAt(path, `"${id}" already supersedes this memory: this would be a cycle.`);
      const isTheirs = old && !old.deleted_at && old.user_id === row.user_id && old.agent_id === row.agent_id;
      if (!isTheirs) throw invalidAt(path, `There is no memory "${id}" in this scope.`);
      if (old.valid_from > from) throw invalidAt(path, `"${id}" begins later than the memory that would supersede it.`);
      const validTo = old.valid_to && old.valid_to < from ? old.valid_to : from;
      return { id, validTo, supersededAt: now, supersededBy: row.id, change: 'superseded' };
    });
    await this.writer.moveIn(tx, scope, collection, moves, now);
    return true;
  }

  /** What supersedes this memory, and what supersedes that. */
  private async successorsOf({ tx, scope, row }: Edit): Promise<Set<string>> {
    const { rows } = await tx.query<{ id: string }>(
      `with recursive above (id, depth) as (
         select superseded_by, 1 from zerodb_memory_records where project_id = $1 and id = $2 and superseded_by is not null
         union select r.superseded_by, above.depth + 1 from zerodb_memory_records r join above on r.id = above.id
         where r.project_id = $1 and r.superseded_by is not null and above.depth < ${MAX_CHAIN})
       select id from above`,
      [scope.projectId, row.id],
    );
    return new Set(rows.map(({ id }) => id));
  }
}

const plainTextOf = (row: MemoryRow): string =>
  indexedTextOf({ kind: row.kind, content: row.content ?? '', speaker: row.speaker, validFrom: row.valid_from });

function mustBeLive(row: MemoryRow): void {
  if (row.deleted_at !== null || (row.expires_at !== null && row.expires_at <= new Date()))
    throw notFound('memory', row.id);
}

function mustMatch(row: MemoryRow, version: number | undefined): void {
  if (version !== undefined && row.version !== version) {
    throw preconditionFailed(`The memory "${row.id}" has version ${row.version} now.`);
  }
}

const sameDate = (a: Date | null, b: Date | null): boolean => (a?.getTime() ?? null) === (b?.getTime() ?? null);

const orKeep = <T>(value: T | undefined, old: T): T => (value === undefined ? old : value);

function patched(row: MemoryRow, patch: MemoryPatch): Editable {
  const content = patch.content ?? row.content ?? '';
  const kind = patch.kind ?? row.kind;
  const validFrom = patch.valid_from === undefined ? row.valid_from : dateOf(patch.valid_from);
  const end = patch.valid_to === undefined || patch.valid_to === null ? patch.valid_to : dateOf(patch.valid_to);
  const expiry =
    patch.expires_at === undefined || patch.expires_at === null ? patch.expires_at : dateOf(patch.expires_at);
  const endsAt = orKeep(end, row.ends_at);
  if (endsAt && endsAt < validFrom)
    throw invalidAt(patch.valid_to === undefined ? '/valid_from' : '/valid_to', 'valid_to is before valid_from');
  if (expiry && expiry <= new Date()) throw invalidAt('/expires_at', 'is not in the future');
  const { chain, subject, attribute, value } = content === row.content ? row : claimFields(row, content, kind);
  return {
    kind,
    content,
    metadata: patchedMetadata(row, patch),
    confidence: patch.confidence ?? row.confidence,
    importance: patch.importance ?? row.importance,
    chain,
    subject,
    attribute,
    value,
    valid_from: validFrom,
    ends_at: endsAt,
    expires_at: orKeep(expiry, row.expires_at),
  };
}

function claimFields(
  row: MemoryRow,
  content: string,
  kind: MemoryRow['kind'],
): Pick<MemoryRow, 'chain' | 'subject' | 'attribute' | 'value'> {
  const scope = scopeOfRow(row);
  const speaker = {
    name: row.speaker ?? undefined,
    aliases: ['the user', 'user', ...(row.user_id === null ? [] : [row.user_id])],
  };
  const [only, ...more] = kind === 'instruction' ? [] : statementsOf(content, speaker);
  if (!only || more.length > 0) return { chain: null, subject: null, attribute: null, value: null };
  return { chain: chainOf(scope, only.claim), ...only.claim };
}

function patchedMetadata(row: MemoryRow, patch: MemoryPatch): Record<string, unknown> {
  if (patch.metadata === undefined) return row.metadata;
  const metadata = mergePatch(row.metadata, patch.metadata) as Record<string, unknown>;
  const faults = metadataFaults(metadata, '/metadata');
  if (faults.length > 0) throw invalid('The metadata would be invalid after the patch.', faults);
  return metadata;
}

const fieldsOf = (row: Editable): string =>
  JSON.stringify([
    row.kind,
    row.content,
    row.metadata,
    row.confidence,
    row.importance,
    row.valid_from,
    row.ends_at,
    row.expires_at,
  ]);

const isChanged = (row: MemoryRow, next: Editable): boolean => fieldsOf(row) !== fieldsOf(next);
