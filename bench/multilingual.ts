/** How well keyword search finds in many languages: success@1 over our own sentences, by language. */
import Table from 'cli-table3';
import { loadMultilingual, successAtOne, type Missed, type Sentence } from './retrieval/multilingual';
import { ZerodbKeyword } from './retrieval/zerodb-keyword';

function tableOf(set: readonly Sentence[], missed: readonly Missed[], share: number): string {
  const table = new Table({ head: ['language', 'queries', 'success@1'], style: { head: [], border: [] } });
  const row = (name: string, asked: number, lost: number): string[] => [
    name,
    String(asked),
    (1 - lost / asked).toFixed(3),
  ];
  const askedIn = (own: (one: Sentence) => boolean): number =>
    set.filter(own).reduce((sum, { queries }) => sum + queries.length, 0);
  for (const language of new Set(set.map((one) => one.language))) {
    const lost = missed.filter((one) => one.language === language).length;
    table.push(
      row(
        language,
        askedIn((one) => one.language === language),
        lost,
      ),
    );
  }
  const all = askedIn(() => true);
  table.push(['all', String(all), share.toFixed(4)]);
  return table.toString();
}

async function main(): Promise<void> {
  const set = loadMultilingual();
  const keyword = await ZerodbKeyword.index([]);
  const { share, missed } = await successAtOne(keyword, set);
  await keyword.close();
  console.log(tableOf(set, missed, share));
  for (const { language, query, found, wanted } of missed) {
    console.log(`${language}: ${query}\n  found  ${found ?? 'nothing'}\n  wanted ${wanted}`);
  }
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
