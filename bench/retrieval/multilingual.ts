import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { ZerodbKeyword } from './zerodb-keyword';

/** A sentence, and what people type who look for it. */
export interface Sentence {
  readonly language: string;
  readonly text: string;
  readonly queries: readonly string[];
}

export interface Missed {
  readonly language: string;
  readonly query: string;
  readonly found: string | undefined;
  readonly wanted: string;
}

/** Our own sentences, in the folder of the project: all other sentences distract from the right one. */
export function loadMultilingual(project = path.resolve('.')): Sentence[] {
  const file = path.join(project, 'bench', 'retrieval', 'multilingual.ndjson');
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Sentence);
}

/** All sentences in one collection whose language is detected: the share of queries whose first hit is right. */
export async function successAtOne(
  keyword: ZerodbKeyword,
  set: readonly Sentence[],
): Promise<{ share: number; missed: Missed[] }> {
  await keyword.replace(set.map(({ text }, index) => ({ id: String(index), text })));
  const missed: Missed[] = [];
  for (const [index, { language, text, queries }] of set.entries()) {
    for (const query of queries) {
      const [first] = await keyword.search(query, 1);
      if (first === String(index)) continue;
      missed.push({ language, query, found: first === undefined ? undefined : set[Number(first)]?.text, wanted: text });
    }
  }
  const asked = set.reduce((sum, { queries }) => sum + queries.length, 0);
  return { share: 1 - missed.length / asked, missed };
}
