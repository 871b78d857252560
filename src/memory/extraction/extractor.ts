import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import type { BackgroundLoop } from '../../common/background-loop';
import { BackgroundWork } from '../../common/background-work';
import { newId } from '../../common/ids';
import { messageOf } from '../../common/message-of';
import type { Scope } from '../../common/scope';
import { Database } from '../../database/database.port';
import { MemoryCollection } from '../indexing/memory-collection';
import { MemoryEmbedder } from '../indexing/memory-embedder';
import { draftOf, type Draft } from '../ledger/draft';
import { LedgerWriter, type Entry } from '../ledger/ledger.writer';
import { ROW_COLUMNS, scopeOfRow, type MemoryRow, type MemoryScope } from '../memory';
import { ChatModel } from './chat-model.port';
import { promptOf, readExtraction, type ExtractedFact, type Extraction } from './extraction';

/** Messages in one call. */
const BATCH = 40;
const LEASE_SECONDS = 180;
const BACKGROUND_PIECE = {
  name: 'memory_extractor',
  description: 'Lets the LLM read messages, and keeps the facts that it finds.',
  intervalMs: 1_000,
  role: 'worker',
} as const;
/** An invalid answer is requested again at once; after that with increasing delays. */
const ATTEMPTS = 2;
const MAX_BACKOFF_SECONDS = 600;

type Claimed = MemoryRow & { readonly project_id: number };

/**
 * Lets an LLM read what was said, after it was stored: its slowness costs no add anything, and whatever it does, the
 * messages are there and are read later. No call is made inside a transaction.
 */
@Injectable()
export class Extractor implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger(Extractor.name);
  private readonly loop: BackgroundLoop | undefined;
  private readonly stopping = new AbortController();

  constructor(
    private readonly database: Database,
    private readonly memories: MemoryCollection,
    private readonly writer: LedgerWriter,
    private readonly embedder: MemoryEmbedder,
    @Inject(ChatModel) private readonly model: ChatModel | null,
    background: BackgroundWork,
  ) {
    this.loop = model ? background.whileMore(BACKGROUND_PIECE, () => this.work()) : undefined;
  }

  onApplicationBootstrap(): void {
    this.loop?.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.loop?.stop();
  }

  /** Reads the oldest messages of one scope that were not read yet. Whether there may be more. */
  async work(): Promise<boolean> {
    if (!this.model) return false;
    const token = newId();
    const claimed = await this.claim(token);
    const [first] = claimed;
    if (!first) return false;
    const scope: Scope = { projectId: first.project_id, projectName: '' };
    const messages = [...claimed].sort((a, b) => a.seq - b.seq);
    try {
      const summary = await this.summaryOf(scope, first);
      const extraction = await this.extract(this.model, messages, summary);
      await this.storeFacts(scope, messages, extraction);
      await this.finish(scope, messages, token, extraction.summary);
      this.embedder.wake();
      return true;
    } catch (error) {
      this.log.warn(`Messages wait for the LLM: ${messageOf(error)}`);
      this.loop?.recordFault(error);
      await this.retryLater(scope, messages, token);
      return false;
    }
  }

  private async extract(model: ChatModel, messages: readonly MemoryRow[], summary: string | null): Promise<Extraction> {
    const said = messages.map((row) => ({
      role: row.role,
      speaker: row.speaker,
      content: row.content ?? '',
      at: row.valid_from,
    }));
    const prompt = promptOf(said, summary);
    for (let attempt = 1; ; attempt += 1) {
      const answer = await model.complete(prompt, this.stopping.signal);
      try {
        return readExtraction(answer, messages.length);
      } catch {
        if (attempt >= ATTEMPTS) throw new Error('The LLM did not return an extraction.');
      }
    }
  }

  private async storeFacts(scope: Scope, messages: readonly MemoryRow[], { facts }: Extraction): Promise<void> {
    const entries = facts.flatMap((fact): Entry[] => {
      const message = messages[fact.message];
      return message ? [{ draft: draftFrom(fact, message), facts: [], isReplayable: false, path: '' }] : [];
    });
    if (entries.length === 0) return;
    const scopes = entries.map(({ draft }) => draft.scope);
    await this.memories.use(scope, (collection) =>
      this.writer.write(scope, collection, () => Promise.resolve(entries), scopes),
    );
  }

  private async claim(token: string): Promise<Claimed[]> {
    const { rows } = await this.database.system.query<Claimed>(
      `with first as (select project_id, owner from zerodb_memory_records where not extracted and embedded and deleted_at is null
         and run_after <= now() and (lease_until is null or lease_until < now()) order by run_after limit 1),
       due as (select r.project_id, r.id from zerodb_memory_records r join first on r.project_id = first.project_id
         and r.owner = first.owner where not r.extracted and r.deleted_at is null and r.embedded
         and (r.lease_until is null or r.lease_until < now()) order by r.seq limit ${BATCH} for update of r skip locked)
       update zerodb_memory_records r set lease_token = $1, lease_until = now() + interval '${LEASE_SECONDS} seconds'
       from due where r.project_id = due.project_id and r.id = due.id returning r.project_id, ${ROW_COLUMNS}`,
      [token],
    );
    return rows;
  }

  private async summaryOf(scope: Scope, { session_id }: MemoryRow): Promise<string | null> {
    if (session_id === null) return null;
    const sql = 'select summary from zerodb_memory_sessions where project_id = $1 and id = $2';
    const { rows } = await this.database.query<{ summary: string | null }>(scope, sql, [scope.projectId, session_id]);
    return rows[0]?.summary ?? null;
  }

  private async finish(
    scope: Scope,
    messages: readonly MemoryRow[],
    token: string,
    summary: string | undefined,
  ): Promise<void> {
    const [first] = messages;
    await this.database.transaction(scope, async (tx) => {
      await tx.query(
        `update zerodb_memory_records set extracted = true, lease_token = null, lease_until = null, attempts = 0
         where project_id = $1 and id = any($2::text[]) and lease_token = $3`,
        [scope.projectId, messages.map(({ id }) => id), token],
      );
      if (!first || first.session_id === null || summary === undefined || summary === '') return;
      await tx.query(
        `insert into zerodb_memory_sessions (project_id, id, user_id, agent_id, summary, summarised_to)
         values ($1, $2, $3, $4, $5, $6) on conflict (project_id, id) do update set summary = excluded.summary,
           summarised_to = excluded.summarised_to, updated_at = now()`,
        [scope.projectId, first.session_id, first.user_id, first.agent_id, summary, messages.at(-1)?.seq ?? 0],
      );
    });
  }

  private async retryLater(scope: Scope, messages: readonly MemoryRow[], token: string): Promise<void> {
    await this.database.query(
      scope,
      `update zerodb_memory_records set lease_token = null, lease_until = null, attempts = attempts + 1,
         run_after = now() + least(${MAX_BACKOFF_SECONDS}, power(2, least(attempts, 10))) * interval '1 second'
       where project_id = $1 and id = any($2::text[]) and lease_token = $3`,
      [scope.projectId, messages.map(({ id }) => id), token],
    );
  }
}

function draftFrom(fact: ExtractedFact, message: MemoryRow): Draft {
  const scope: MemoryScope = scopeOfRow(message);
  const draft = draftOf(
    {
      content: fact.content,
      kind: fact.kind,
      subject: fact.subject,
      attribute: fact.attribute,
      value: fact.value,
      confidence: fact.confidence,
      source: 'llm',
      valid_from: message.valid_from.toISOString(),
    },
    withoutUndefined(scope),
    '',
    new Date(),
  );
  return { ...draft, derivedFrom: [message.id] };
}

const withoutUndefined = (scope: MemoryScope): MemoryScope =>
  Object.fromEntries(Object.entries(scope).filter(([, value]) => value !== undefined));
