import { Injectable } from '@nestjs/common';
import type { Scope } from '../common/scope';
import { CollectionsRepository } from '../collections/collections.repository';
import type { SearchAnswer } from '../collections/search/search-request';
import { SearchService } from '../collections/search/search.service';
import { positionOf, refused } from './language/refusal';
import type { SearchUse, Sources, TableUse } from './language/sources';
import { isTree, nodeOf } from './language/tree';
import { PRODUCT_RELATIONS, recordsRelation } from './relations';

/** What the names of a statement stand for. */
export interface Resolved {
  /** WITH queries, one for each relation. */
  readonly relations: readonly string[];
  readonly found: Readonly<Record<string, unknown>>;
  /** Whether a search was. */
  readonly degraded: boolean;
  /** The name that the statement has for one of our tables, for its plan. */
  readonly nameOf: (table: string) => string;
  /** A message of Postgres with the statement's names. */
  readonly inWordsOfTheStatement: (message: string) => string;
}

interface Found {
  readonly id: string;
  readonly score: number;
}

const DEFAULT_K = 10;
const MAX_K = 1_000;
const NO_CONTENT = { metadata: false, text: false, vector: false };

/** Finds the collections that a statement names, and runs its searches; nothing else can be named. */
@Injectable()
export class Relations {
  constructor(
    private readonly collections: CollectionsRepository,
    private readonly searches: SearchService,
  ) {}

  async resolve(scope: Scope, { tables, searches }: Sources, query: string, signal: AbortSignal): Promise<Resolved> {
    const names = new Map<string, string>();
    const relations: string[] = [];
    const known = new Map<string, string>();
    for (const table of tables) {
      const key = `${table.schema ?? ''}.${table.name}`;
      const relation = known.get(key) ?? `zerodb_t${relations.length + 1}`;
      if (!known.has(key)) {
        relations.push(`${relation} as not materialized (${await this.sqlOf(scope, table, query, names)})`);
        names.set(relation, table.name);
        known.set(key, relation);
      }
      table.readFrom(relation);
    }
    const found: Record<string, Found[]> = {};
    let degraded = false;
    for (const use of searches) {
      const relation = `zerodb_s${relations.length + 1}`;
      const answer = await this.search(scope, use, query, signal);
      found[relation] = answer.results.map(({ id, score }) => ({ id, score }));
      degraded ||= answer.degraded;
      relations.push(`${relation} as (${FOUND.replaceAll('$name', relation)})`);
      names.set(relation, 'search');
      use.readFrom(relation);
    }
    const nameOf = (table: string): string => names.get(table) ?? table.replace(/^zerodb_/, '');
    const inWordsOfTheStatement = (message: string): string =>
      message.replace(/zerodb_[a-z]{1,20}(?:_?\d{1,10})?/g, (name) => names.get(name) ?? name);
    return { relations, found, degraded, nameOf, inWordsOfTheStatement };
  }

  private async sqlOf(scope: Scope, table: TableUse, query: string, names: Map<string, string>): Promise<string> {
    const { name, schema, location } = table;
    if (schema !== undefined && schema !== 'zerodb') {
      throw refused(`there is no schema "${schema}"; name the collection alone`, positionOf(query, location));
    }
    const collection = schema === undefined ? await this.collections.find(scope, name) : undefined;
    if (collection && !name.startsWith('@')) {
      names.set(`zerodb_vectors_${collection.id}`, name);
      return recordsRelation(collection).sql;
    }
    const own = Object.hasOwn(PRODUCT_RELATIONS, name) ? PRODUCT_RELATIONS[name] : undefined;
    if (own) return own(scope.projectId).sql;
    const tables = Object.keys(PRODUCT_RELATIONS).join(', ');
    throw refused(
      `there is no collection "${name}", nor one of the tables ${tables}; a name with capitals or hyphens stands in double quotes`,
      positionOf(query, location),
    );
  }

  private async search(scope: Scope, use: SearchUse, query: string, signal: AbortSignal): Promise<SearchAnswer> {
    const [collection, text, k] = use.args.map(constant);
    const isComplete = use.args.length >= 2 && use.args.length <= 3;
    if (!isComplete || typeof collection !== 'string' || typeof text !== 'string' || text === '') {
      throw refused(
        `write search('collection', 'text') or search('collection', 'text', k)`,
        positionOf(query, use.location),
      );
    }
    if (collection.startsWith('@')) {
      throw refused(`there is no collection "${collection}"`, positionOf(query, use.location));
    }
    const limit = use.args.length === 3 ? k : DEFAULT_K;
    if (typeof limit !== 'number' || limit < 1 || limit > MAX_K) {
      throw refused(`k of search() is a number from 1 to ${MAX_K}`, positionOf(query, use.location));
    }
    const request = { query: { text }, limit, include: NO_CONTENT, exact: false, explain: false };
    return await this.searches.search(scope, collection, request, { signal });
  }
}

const FOUND = `select f ->> 'id' as id, (f ->> 'score')::double precision as score, n::int as rank
  from zerodb_found, jsonb_array_elements(zerodb_found.found -> '$name') with ordinality as e(f, n)`;

/** The value of a constant or of a bound parameter; `undefined` for anything that is computed. */
function constant(node: unknown): string | number | undefined {
  const typeCast = nodeOf(node, 'TypeCast');
  if (typeCast) {
    const inner = constant(typeCast['arg']);
    return /^\d{1,9}$/.test(String(inner)) ? Number(inner) : undefined;
  }
  const { sval, ival } = nodeOf(node, 'A_Const') ?? {};
  if (isTree(sval)) return typeof sval['sval'] === 'string' ? sval['sval'] : '';
  if (isTree(ival)) return typeof ival['ival'] === 'number' ? ival['ival'] : 0;
  return undefined;
}
