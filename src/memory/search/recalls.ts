import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { messageOf } from '../../common/message-of';
import { outsideRequest } from '../../common/request-work';
import type { Scope } from '../../common/scope';
import { Database } from '../../database/database.port';
import { ownerOf, type MemoryScope, type RecallScope } from '../memory';
import { fingerprintOf } from '../recognise/fingerprint';

/** Recalls wait so long to be written together: a search does not wait for a write. */
const FLUSH_MS = 100;
/** More at once are not worth remembering. */
const MAX_PENDING = 20_000;
const CLEAN_EVERY_MS = 600_000;

interface Recall {
  readonly owner: string;
  readonly fingerprint: string;
  readonly memory_id: string;
  readonly user_id: string | null;
}

/** Remembers for an hour what was recalled in which scope, so that it is not learned again when it comes back as input. */
@Injectable()
export class Recalls implements OnApplicationShutdown {
  private readonly log = new Logger(Recalls.name);
  private pending = new Map<string, { scope: Scope; recall: Recall }>();
  private timer: NodeJS.Timeout | undefined;
  private flushing: Promise<void> = Promise.resolve();
  private cleanedAt = 0;

  constructor(private readonly database: Database) {}

  note(scope: Scope, memoryScope: RecallScope, memories: readonly { id: string; content: string }[]): void {
    const owners = askedOf(memoryScope).map(ownerOf);
    for (const { id, content } of memories) {
      if (this.pending.size >= MAX_PENDING) return;
      const fingerprint = fingerprintOf(content);
      for (const owner of owners) {
        const recall = { owner, fingerprint, memory_id: id, user_id: memoryScope.user_id ?? null };
        this.pending.set(`${scope.projectId} ${owner} ${fingerprint}`, { scope, recall });
      }
    }
    if (this.pending.size > 0) this.timer ??= setTimeout(() => void this.flush(), FLUSH_MS);
  }

  /** Writes what was noted. Called by the adds of this process, so that they see its own recalls. */
  async flush(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    const batch = [...this.pending.values()];
    this.pending = new Map();
    if (batch.length > 0) this.flushing = this.flushing.then(() => outsideRequest(() => this.write(batch)));
    await this.flushing;
  }

  async onApplicationShutdown(): Promise<void> {
    await this.flush();
  }

  /** A recall that is not remembered costs a duplicate at worst: nobody's request fails for it. */
  private async write(batch: readonly { scope: Scope; recall: Recall }[]): Promise<void> {
    try {
      await this.database.system.query(
        `insert into zerodb_memory_recalls (project_id, owner, fingerprint, memory_id, user_id)
         select i.project_id, i.owner, i.fingerprint, i.memory_id, i.user_id
         from jsonb_to_recordset($1::jsonb) as i (project_id int, owner text, fingerprint text, memory_id text, user_id text)
         join zerodb_projects p on p.id = i.project_id order by 1, 2, 3
         on conflict (project_id, owner, fingerprint) do update set recalled_at = now(), memory_id = excluded.memory_id
           where zerodb_memory_recalls.recalled_at < now() - interval '1 minute'
             or zerodb_memory_recalls.memory_id is distinct from excluded.memory_id`,
        [JSON.stringify(batch.map(({ scope, recall }) => ({ project_id: scope.projectId, ...recall })))],
      );
      await this.clean();
    } catch (error) {
      this.log.debug(`Recalls were not recorded: ${messageOf(error)}`);
    }
  }

  private async clean(): Promise<void> {
    if (performance.now() - this.cleanedAt < CLEAN_EVERY_MS) return;
    this.cleanedAt = performance.now();
    await this.database.system.query(`delete from zerodb_memory_recalls where recalled_at < now() - interval '1 hour'`);
  }
}

/** Whoever asks for the memories of a user or an agent is told those of both. */
function askedOf({ match, user_id, agent_id, session_id }: RecallScope): MemoryScope[] {
  if (match !== 'any') return [{ user_id, agent_id, session_id }];
  return [{ user_id }, { agent_id }, { session_id }].filter((one) => Object.values(one)[0] !== undefined);
}
