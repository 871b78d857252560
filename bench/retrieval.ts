/**
 * How well search finds: nDCG@10 and recall@10 on the Cranfield collection, next to a textbook BM25 in the same run.
 * The set is read from the folder named by ZERODB_DATA_SETS.
 */
import path from 'node:path';
import Table from 'cli-table3';
import { type RankedList, FUSION, fuseByRank } from '../src/keyword/fuse';
import { TransformersEmbeddingProvider } from '../src/embeddings/adapters/transformers/transformers.embedding-provider';
import { type Cranfield, loadCranfield } from './retrieval/cranfield';
import { meanQuality, qualityOf } from './retrieval/metrics';
import { ReferenceBm25 } from './retrieval/reference-bm25';
import { nearest } from './retrieval/vectors';
import { ZerodbKeyword } from './retrieval/zerodb-keyword';

const MODEL = 'all-MiniLM-L6-v2';

type Rankings = readonly (readonly string[])[];

async function keywordRankings({ documents, queries }: Cranfield): Promise<Rankings> {
  const keyword = await ZerodbKeyword.index(documents);
  try {
    const rankings: string[][] = [];
    for (const { text } of queries) rankings.push(await keyword.search(text, FUSION.candidates));
    return rankings;
  } finally {
    await keyword.close();
  }
}

async function vectorRankings({ documents, queries }: Cranfield): Promise<Rankings> {
  const provider = new TransformersEmbeddingProvider({ modelsDir: path.resolve('models'), model: MODEL });
  try {
    const embed = (texts: { text: string }[]): Promise<Float32Array[]> =>
      provider.embed(
        provider.defaultModel,
        texts.map(({ text }) => text),
      );
    const vectors = await embed([...documents]);
    const questions = await embed([...queries]);
    const indexed = documents.map(({ id }, index) => ({ id, vector: vectors[index] ?? new Float32Array() }));
    return questions.map((question) => nearest(question, indexed, FUSION.candidates));
  } finally {
    await provider.close();
  }
}

function hybridRankings(keyword: Rankings, vector: Rankings): Rankings {
  return keyword.map((ids, index) => {
    const lists: RankedList[] = [
      { name: 'keyword', weight: FUSION.keywordWeight, ids },
      { name: 'vector', weight: FUSION.vectorWeight, ids: vector[index] ?? [] },
    ];
    return fuseByRank(lists).map((hit) => hit.id);
  });
}

function rowOf(name: string, { queries, judgements }: Cranfield, rankings: Rankings): string[] {
  const { ndcg, recall } = meanQuality(
    queries.map(({ id }, index) => qualityOf(rankings[index] ?? [], judgements.get(id) ?? new Map())),
  );
  return [name, ndcg.toFixed(4), recall.toFixed(4)];
}

async function main(): Promise<void> {
  const set = loadCranfield(process.env.ZERODB_DATA_SETS ?? path.resolve('..', 'shared', 'data'));
  if (!set) {
    console.log('skipped: data set cranfield is not there');
    return;
  }
  const reference = new ReferenceBm25(set.documents);
  const keyword = await keywordRankings(set);
  const vector = await vectorRankings(set);
  const table = new Table({ head: ['Cranfield', 'nDCG@10', 'recall@10'], style: { head: [], border: [] } });
  const referenceRankings = set.queries.map((query) => reference.search(query.text, FUSION.candidates));
  table.push(
    rowOf('reference BM25', set, referenceRankings),
    rowOf('ZeroDB keyword', set, keyword),
    rowOf('ZeroDB vector', set, vector),
    rowOf('ZeroDB hybrid', set, hybridRankings(keyword, vector)),
  );
  console.log(table.toString());
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
