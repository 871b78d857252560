import { Injectable } from '@nestjs/common';
import { decodeCursor, fingerprintOf, pageOf } from '../../common/paging';
import type { Scope } from '../../common/scope';
import { Database } from '../../database/database.port';
import type { AddAnswer } from '../dto/memory.schemas';
import type { AppendBody, WindowQuery } from '../dto/session.schemas';
import { presentMemory, ROW_COLUMNS, type Memory, type MemoryRow } from '../memory';
import { MemoryService } from '../memory.service';

export interface Window {
  /** In the order in which they were said. */
  readonly data: Memory[];
  /** Whether there are older ones. */
  readonly has_more: boolean;
  readonly next_cursor: string | null;
  readonly summary?: string;
}

/** The messages of a session, as they were said. */
@Injectable()
export class SessionsService {
  constructor(
    private readonly database: Database,
    private readonly memories: MemoryService,
  ) {}

  /** Every message is kept, small talk too; a conversation that is sent again adds nothing. */
  async append(scope: Scope, sessionId: string, body: AppendBody, signal?: AbortSignal): Promise<AddAnswer> {
    return await this.memories.append(scope, { ...body, session_id: sessionId }, signal);
  }

  /** The latest messages, or those before a cursor. */
  async window(scope: Scope, sessionId: string, query: WindowQuery): Promise<Window> {
    const { before, limit, ...asked } = query;
    const print = fingerprintOf(['session', sessionId, asked]);
    const [until] = before === undefined ? [null] : decodeCursor(before, print, 1, 'query:before');
    const owners = [scope.projectId, sessionId, query.user_id ?? null, query.agent_id ?? null];
    const { rows } = await this.database.query<MemoryRow>(scope, WINDOW_SQL, [...owners, until, limit + 1]);
    const page = pageOf(rows, limit, presentMemory, (row) => [row.seq], print);
    const summary = await this.database.query<{ summary: string | null }>(scope, SUMMARY_SQL, owners);
    const text = summary.rows[0]?.summary;
    return { ...page, data: page.data.reverse(), ...(text ? { summary: text } : {}) };
  }
}

const WINDOW_SQL = `select ${ROW_COLUMNS} from zerodb_memory_records r where r.project_id = $1 and r.session_id = $2
  and ($3::text is null or r.user_id = $3) and ($4::text is null or r.agent_id = $4) and r.kind = 'message'
  and r.deleted_at is null and (r.expires_at is null or r.expires_at > now())
  and ($5::bigint is null or r.seq < $5) order by r.seq desc limit $6`;

const SUMMARY_SQL = `select summary from zerodb_memory_sessions where project_id = $1 and id = $2
  and ($3::text is null or user_id = $3) and ($4::text is null or agent_id = $4)`;
