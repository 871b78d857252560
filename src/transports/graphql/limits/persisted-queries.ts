import { createHash } from 'node:crypto';
import { z } from 'zod';
import { malformed, ZeroDbError } from '../../../common/errors';

/** Queries that a project's clients may name by their hash. */
const MAX_PER_PROJECT = 1_000;
const MAX_PROJECTS = 1_000;

/** Automatic persisted queries: a client sends the text once, and from then on its SHA-256. Kept in memory alone. */
export class PersistedQueries {
  private readonly projects = new Map<number, Map<string, string>>();

  /** `allowed`: with a list, only what is on it is run, by its hash or by its text. */
  constructor(private readonly allowed?: ReadonlyMap<string, string>) {}

  /** The text of the requested query. Throws `persisted_query_not_found`, `malformed` or `forbidden`. */
  resolve(projectId: number, query: string | undefined, hash: string | undefined): string {
    if (this.allowed) return listed(this.allowed, query, hash);
    if (hash === undefined) {
      if (query === undefined) throw malformed('A "query" is needed.');
      return query;
    }
    if (query === undefined) return this.lookup(projectId, hash);
    if (sha256(query) !== hash) throw malformed('The sha256Hash is not that of the query.');
    this.store(projectId, hash, query);
    return query;
  }

  private lookup(projectId: number, hash: string): string {
    const query = this.projects.get(projectId)?.get(hash);
    if (query === undefined) throw notPersisted();
    this.store(projectId, hash, query);
    return query;
  }

  /** The one that was used longest ago makes room. */
  private store(projectId: number, hash: string, query: string): void {
    const own = this.projects.get(projectId) ?? new Map<string, string>();
    this.projects.delete(projectId);
    this.projects.set(projectId, own);
    own.delete(hash);
    own.set(hash, query);
    dropOldest(own, MAX_PER_PROJECT);
    dropOldest(this.projects, MAX_PROJECTS);
  }
}

const listed = (allowed: ReadonlyMap<string, string>, query: string | undefined, hash: string | undefined): string => {
  const known = allowed.get(hash ?? (query === undefined ? '' : sha256(query)));
  if (known !== undefined && (query === undefined || query === known)) return known;
  throw new ZeroDbError('forbidden', 403, 'Only the queries of the allow-list are served here.');
};

/** A JSON array of queries, by their hashes. Throws what is wrong with it: a start with half a list would be worse. */
export const allowedQueries = (text: string): ReadonlyMap<string, string> => {
  const queries = z.array(z.string().min(1)).parse(JSON.parse(text));
  return new Map(queries.map((query) => [sha256(query), query]));
};

const dropOldest = <K>(map: Map<K, unknown>, max: number): void => {
  if (map.size <= max) return;
  const [oldest] = map.keys();
  if (oldest !== undefined) map.delete(oldest);
};

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Clients that know the protocol look for these very words, and send the text then. */
const notPersisted = (): ZeroDbError => new ZeroDbError('persisted_query_not_found', 404, 'PersistedQueryNotFound');
