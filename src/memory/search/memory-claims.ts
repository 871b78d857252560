import { Injectable } from '@nestjs/common';
import { SqlParams } from '../../database/filter/sql-params';
import { compareCodePoints } from '../../common/code-points';
import type { Scope } from '../../common/scope';
import { Database } from '../../database/database.port';
import { answers, questionOf } from '../recognise/questions';
import { selectionSql, type MemorySelection } from './memory-selection';

/** Claims that are compared with a question. */
const MAX_CLAIMS = 4_000;
const MAX_FOUND = 10;

interface ClaimRow {
  readonly id: string;
  readonly subject: string;
  readonly attribute: string;
  readonly valid_from: Date;
}

/** Memories that state just what a question asks for: "Where do I live?" asks for the residence of the user. */
@Injectable()
export class MemoryClaims {
  constructor(private readonly database: Database) {}

  /** The best first; of equals the latest. */
  async search(scope: Scope, selection: MemorySelection, query: string): Promise<string[]> {
    const params = new SqlParams();
    const { rows } = await this.database.query<ClaimRow>(
      scope,
      `select r.id, r.subject, r.attribute, r.valid_from from zerodb_memory_records r
       where ${selectionSql(scope, selection, params)} and r.chain is not null and r.attribute is not null
       order by r.seq desc limit ${MAX_CLAIMS}`,
      params.values,
    );
    const question = questionOf(query);
    return rows
      .map((row) => ({ row, score: answers(question, row) }))
      .filter(({ score }) => score > 0)
      .sort(
        (a, b) =>
          b.score - a.score ||
          b.row.valid_from.getTime() - a.row.valid_from.getTime() ||
          compareCodePoints(a.row.id, b.row.id),
      )
      .slice(0, MAX_FOUND)
      .map(({ row }) => row.id);
  }
}
