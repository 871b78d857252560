import { Injectable } from '@nestjs/common';
import { invalid, notFound, type Fault } from '../common/errors';
import { metadataFaults } from '../common/filter';
import { mapInSlices } from '../common/in-slices';
import { decodeCursor, fingerprintOf as requestPrint, pageOf, type Page } from '../common/paging';
import type { Scope } from '../common/scope';
import { Database, type Executor } from '../database/database.port';
import { saidIn } from './dto/chat-content';
import type {
  AddAnswer,
  AddBody,
  ListQuery,
  ChatMessage,
  MemoryInput,
  MemoryPatch,
  MessageInput,
} from './dto/memory.schemas';
import { MemoryCollection } from './indexing/memory-collection';
import { MemoryEmbedder } from './indexing/memory-embedder';
import { dateOf, draftOf, draftsOfMessage, type MessageContext } from './ledger/draft';
import { LedgerEditor } from './ledger/ledger.editor';
import { LedgerRepository, type VersionRow } from './ledger/ledger.repository';
import { LedgerWriter, type Entry, type EntryOutcome } from './ledger/ledger.writer';
import { alignMessages, ownOf } from './ledger/replay';
import { ExtractionSettings } from './extraction/extraction-settings';
import { ownerOf, presentMemory, ROW_COLUMNS, type Memory, type MemoryRow, type MemoryScope } from './memory';
import { Recalls } from './search/recalls';
import { isSmallTalk } from './recognise/sentences';

/** Maximum wait of an add with `wait: "indexed"` before it answers that the memory is not indexed yet. */
const MAX_WAIT_MS = 8_000;

export interface History {
  readonly id: string;
  readonly deleted_at: Date | null;
  readonly versions: readonly VersionRow[];
  readonly timeline: readonly MemoryRow[];
}

/** Memories: learned, read, corrected, forgotten. */
@Injectable()
export class MemoryService {
  constructor(
    private readonly database: Database,
    private readonly collection: MemoryCollection,
    private readonly ledger: LedgerRepository,
    private readonly writer: LedgerWriter,
    private readonly editor: LedgerEditor,
    private readonly embedder: MemoryEmbedder,
    private readonly extraction: ExtractionSettings,
    private readonly recalls: Recalls,
  ) {}

  /** All or nothing; answered after the commit. What was said already is a `duplicate`, small talk is `ignored`. */
  async add(scope: Scope, body: AddBody, signal?: AbortSignal): Promise<AddAnswer> {
    const entries = body.messages ? undefined : await memoryEntries(body);
    const target = scopeOf(body);
    await this.recalls.flush();
    signal?.throwIfAborted();
    const outcomes = entries
      ? await this.write(
          scope,
          () => Promise.resolve(entries),
          entries.map(({ draft }) => draft.scope),
        )
      : await this.addMessages(scope, body, target);
    return await this.answer(scope, outcomes, body.wait, signal);
  }

  /** Messages of a session. A single one without a time is always new: people say "yes" more than once. */
  async append(
    scope: Scope,
    body: Pick<AddBody, 'messages' | 'user_id' | 'agent_id' | 'session_id' | 'timezone' | 'wait' | 'on_duplicate'>,
    signal?: AbortSignal,
  ): Promise<AddAnswer> {
    await this.recalls.flush();
    signal?.throwIfAborted();
    const outcomes = await this.addMessages(scope, body, scopeOf(body), true);
    return await this.answer(scope, outcomes, body.wait, signal);
  }

  async get(scope: Scope, id: string): Promise<Memory> {
    const row = await this.ledger.find(scope, id);
    if (!row || isGone(row)) throw notFound('memory', id);
    return presentMemory(row);
  }

  /** Those of `ids` that do not exist, or are deleted. */
  async missing(scope: Scope, ids: readonly string[]): Promise<string[]> {
    const there = (await this.ledger.findMany(scope, ids)).filter((row) => !isGone(row));
    const known = new Set(there.map(({ id }) => id));
    return ids.filter((id) => !known.has(id));
  }

  /** Newest first. */
  async list(scope: Scope, query: ListQuery): Promise<Page<Memory>> {
    const { after, limit, ...asked } = query;
    const print = requestPrint(['memories', asked]);
    const [before] = after === undefined ? [null] : decodeCursor(after, print, 1, 'query:after');
    const { rows } = await this.database.query<MemoryRow>(scope, LIST_SQL, [
      scope.projectId,
      query.user_id ?? null,
      query.agent_id ?? null,
      query.session_id ?? null,
      query.kind ?? null,
      query.include_superseded === 'true',
      query.as_of === undefined ? null : dateOf(query.as_of),
      before,
      limit + 1,
    ]);
    return pageOf(rows, limit, presentMemory, (row) => [row.seq], print);
  }

  async patch(scope: Scope, id: string, patch: MemoryPatch, version?: number): Promise<Memory> {
    const row = await this.collection.use(scope, (collection) =>
      this.editor.patch(scope, collection, id, patch, version),
    );
    this.embedder.wake();
    return presentMemory(row);
  }

  async delete(scope: Scope, id: string, version?: number): Promise<void> {
    await this.collection.use(scope, (collection) => this.editor.delete(scope, collection, id, version));
    this.embedder.wake();
  }

  /** Takes back the last change of this memory, and returns its history. */
  async undo(scope: Scope, id: string): Promise<History> {
    await this.collection.use(scope, (collection) => this.editor.undo(scope, collection, id));
    this.embedder.wake();
    return await this.history(scope, id);
  }

  /** Every version of the memory, and all that was said of the same attribute. */
  async history(scope: Scope, id: string): Promise<History> {
    const row = await this.ledger.find(scope, id);
    if (!row) throw notFound('memory', id);
    const versions = await this.ledger.versions(scope, id);
    const timeline = row.chain === null ? [row] : await this.ledger.timeline(scope, row.chain);
    return { id, deleted_at: row.deleted_at, versions, timeline };
  }

  private async addMessages(
    scope: Scope,
    body: Pick<AddBody, 'messages' | 'metadata' | 'source' | 'importance' | 'confidence' | 'timezone' | 'on_duplicate'>,
    target: MemoryScope,
    isAppend = false,
  ): Promise<EntryOutcome[]> {
    const messages = (body.messages ?? []).map(plainOf);
    mustHaveMetadata(body.metadata, '/metadata');
    const owner = ownerOf(target);
    return await this.write(
      scope,
      async (tx) => {
        const stored = await tx.query<{ near: string | null; fingerprint: string | null }>(STORED_SQL, [
          scope.projectId,
          owner,
          await mapInSlices(messages, (message) => ownOf(message, body.metadata)),
        ]);
        const known = isAppend && messages.length === 1 && messages[0]?.at === undefined ? [] : stored.rows;
        return await messageEntries(messages, body, target, known, this.extraction.isEnabled, isAppend);
      },
      [target],
    );
  }

  private async write(
    scope: Scope,
    prepare: (tx: Executor) => Promise<readonly Entry[]>,
    lockScopes: readonly MemoryScope[],
  ): Promise<EntryOutcome[]> {
    return await this.collection.use(scope, (collection) => this.writer.write(scope, collection, prepare, lockScopes));
  }

  private async answer(
    scope: Scope,
    outcomes: readonly EntryOutcome[],
    wait: AddBody['wait'],
    signal: AbortSignal | undefined,
  ): Promise<AddAnswer> {
    const data = outcomes.map(({ facts, ...outcome }) => ({
      ...outcome,
      supersedes: outcome.supersedes && [...outcome.supersedes],
      ...(facts.length > 0
        ? { facts: facts.map((fact) => ({ ...fact, supersedes: fact.supersedes && [...fact.supersedes] })) }
        : {}),
    }));
    if (outcomes.some(({ status }) => status === 'added' || status === 'superseding')) this.embedder.wake();
    if (wait !== 'indexed') return { data };
    const ids = outcomes.flatMap(({ id, facts }) =>
      [id, ...facts.map((fact) => fact.id)].filter((one) => one !== null),
    );
    return { data, indexed: await this.embedder.settled(scope, ids, MAX_WAIT_MS, signal) };
  }
}

export const scopeOf = ({ user_id, agent_id, session_id }: MemoryScope): MemoryScope => ({
  ...(user_id === undefined ? {} : { user_id }),
  ...(agent_id === undefined ? {} : { agent_id }),
  ...(session_id === undefined ? {} : { session_id }),
});

/** Chat APIs send contents in parts, or calls of tools in place of one. */
const plainOf = (message: ChatMessage): MessageInput => ({ ...message, content: saidIn(message) });

export const isGone = (row: MemoryRow, now = new Date()): boolean =>
  row.deleted_at !== null || (row.expires_at !== null && row.expires_at <= now);

/** Messages of a scope that a conversation may continue; older ones are not repeated. */
const STORED_SQL = `select near, fingerprint from zerodb_memory_records where project_id = $1 and owner = $2
  and near = any($3::text[]) and kind = 'message' and deleted_at is null order by seq desc limit 5000`;

const LIST_SQL = `select ${ROW_COLUMNS} from zerodb_memory_records r where r.project_id = $1
  and ($2::text is null or r.user_id = $2) and ($3::text is null or r.agent_id = $3)
  and ($4::text is null or r.session_id = $4) and ($5::text is null or r.kind = $5)
  and r.deleted_at is null and (r.expires_at is null or r.expires_at > now())
  and ($6::boolean or (r.valid_from <= coalesce($7::timestamptz, now())
    and (r.valid_to is null or r.valid_to > coalesce($7::timestamptz, now()))))
  and ($8::bigint is null or r.seq < $8) order by r.seq desc limit $9`;

async function memoryEntries(body: AddBody): Promise<Entry[]> {
  const now = new Date();
  const inputs: { input: MemoryInput; path: string }[] = body.memories
    ? body.memories.map((input, index) => ({ input, path: `/memories/${index}` }))
    : [{ input: { ...body, content: body.content ?? '' }, path: '' }];
  const outer = body.memories ? scopeOf(body) : {};
  return await mapInSlices(inputs, ({ input, path }) => {
    mustHaveMetadata(input.metadata, `${path}/metadata`);
    const inZone = { ...input, timezone: input.timezone ?? body.timezone };
    const draft = draftOf(inZone, { ...outer, ...scopeOf(input) }, path, now);
    return { draft, facts: [], isReplayable: false, isKept: body.on_duplicate === 'keep', path };
  });
}

async function messageEntries(
  messages: readonly MessageInput[],
  body: Pick<AddBody, 'source' | 'metadata' | 'importance' | 'confidence' | 'timezone' | 'on_duplicate'>,
  scope: MemoryScope,
  stored: readonly { near: string | null; fingerprint: string | null }[],
  isToExtract: boolean,
  isAppend: boolean,
): Promise<Entry[]> {
  const chain = alignMessages(messages, stored, body.metadata);
  const context = {
    scope,
    source: body.source ?? null,
    metadata: body.metadata ?? {},
    importance: body.importance ?? 0.5,
    confidence: body.confidence ?? 1,
    isToExtract,
    timezone: body.timezone,
  };
  return await mapInSlices(messages, (message, index): Entry => {
    const { message: draft, facts } = draftsOfMessage(
      message,
      contextOf(message, context),
      isSmallTalk(message.content),
    );
    const link = chain[index];
    const isReplayable = messages.length > 1 || message.at !== undefined;
    const isNew = isAppend && !isReplayable;
    const fingerprint = isNew ? draft.id : (link?.chained ?? draft.fingerprint);
    const chained = { ...draft, fingerprint, near: link?.own ?? draft.near };
    return { draft: chained, facts, isReplayable, isKept: body.on_duplicate === 'keep', path: `/messages/${index}` };
  });
}

/** A tool's answer keeps the id of the call that it answers. */
const contextOf = ({ tool_call_id }: MessageInput, context: MessageContext): MessageContext =>
  tool_call_id === undefined ? context : { ...context, metadata: { ...context.metadata, tool_call_id } };

function mustHaveMetadata(metadata: Record<string, unknown> | undefined, path: string): void {
  if (metadata === undefined) return;
  const faults: Fault[] = metadataFaults(metadata, path);
  if (faults.length > 0) throw invalid('The metadata is invalid.', faults);
}
