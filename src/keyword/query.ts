import { readable } from './fold';
import { QueryBuilder } from './query-builder';
import type { KeywordQuery } from './query-terms';
import { chunksOf } from './tokens';

/** More than any question has; bounds the work of a text pasted into the search box. */
const MAX_QUERY_WORDS = 256;

/** What to search for. Empty when the text has no word. */
export function keywordQuery(text: string): KeywordQuery {
  const builder = new QueryBuilder(MAX_QUERY_WORDS);
  for (const chunk of chunksOf(readable(text))) {
    builder.add(chunk);
    if (builder.isFull) break;
  }
  return builder.build();
}
