import { declaredEndpoints } from '../../generate/declared-endpoints';

const wordsOf = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, ' ')
    .trim();

describe('the descriptions of operations', () => {
  const operations = declaredEndpoints().map(({ operationId, summary, description }) => ({
    operationId,
    summary: wordsOf(summary),
    description: description ?? '',
  }));

  it('are there for every operation, in sentences', () => {
    const missing = operations.filter(({ description }) => description.length < 30 || !/[.…]$/.test(description));
    expect(missing.map(({ operationId }) => operationId)).toEqual([]);
  });

  it('say more than the summary', () => {
    const repeated = operations.filter(({ summary, description }) => {
      const words = wordsOf(description);
      return words === summary || (words.startsWith(summary) && words.length < summary.length + 20);
    });
    expect(repeated.map(({ operationId }) => operationId)).toEqual([]);
  });
});
