import { ZerodbKeyword } from '../../bench/retrieval/zerodb-keyword';
import { loadMultilingual, successAtOne } from '../../bench/retrieval/multilingual';
import type { TextLanguage } from '../../src/keyword/languages';
import { TestPglite } from '../support/pglite';
import { projectRoot } from '../support/stack-files';

let keyword: ZerodbKeyword;
beforeAll(async () => {
  keyword = await ZerodbKeyword.over(new TestPglite());
});
afterAll(async () => await keyword.close());

/** The ids of what is found among these texts, best first; a text's id is its position. */
async function ranking(texts: readonly string[], query: string, language: TextLanguage = 'auto'): Promise<number[]> {
  await keyword.replace(
    texts.map((text, index) => ({ id: String(index), text })),
    language,
  );
  return (await keyword.search(query, 10)).map(Number);
}

/** Texts that have nothing to do with any query. */
const OTHERS = ['A quiet morning by the lake', 'The garden needs some water', 'Music for a long evening'];

interface Case {
  readonly query: string;
  readonly right: string;
  readonly wrong: readonly string[];
}

/** The right one is last, where a tie would not put it first. */
async function expectFirst({ query, right, wrong }: Case): Promise<void> {
  const texts = [...OTHERS, ...wrong, right];
  expect({ query, first: texts[(await ranking(texts, query))[0] ?? -1] }).toEqual({ query, first: right });
}

describe('adjacency and symbols', () => {
  it.each<Case>([
    { query: 'AB-123/4', right: 'Part AB-123/4 is in stock', wrong: ['Part AB-4/123 is in stock', 'Part 4-AB/123'] },
    { query: 'AB 123 4', right: 'Part AB-123/4 is in stock', wrong: ['Part AB-4/123 is in stock'] },
    { query: '2024-03-05', right: 'Signed on 2024-03-05', wrong: ['Signed on 2024-05-03', 'Signed on 03-2024-05'] },
    { query: '05.03.2024', right: 'Am 05.03.2024 bezahlt', wrong: ['Am 03.05.2024 bezahlt'] },
    { query: '1.2.3', right: 'Released version 1.2.3', wrong: ['Released version 1.3.2', 'Released version 3.2.1'] },
    {
      query: '10.0.0.1',
      right: 'The host 10.0.0.1 is down',
      wrong: ['The host 10.0.1.0 is down', 'The host 1.0.0.10 is down'],
    },
    {
      query: 'anna.berg@example.com',
      right: 'Write to anna.berg@example.com.',
      wrong: ['Write to berg.anna@example.com.', 'Write to anna@berg.example.com.'],
    },
    { query: 'order 77-12-345', right: 'Your order 77-12-345 was sent', wrong: ['Your order 12-77-345 was sent'] },
    { query: '030 1234 56', right: 'Call 030 1234 56 today', wrong: ['Call 1234 030 56 today', 'Call 56 1234 030'] },
    { query: 'C++', right: 'A compiler for C++', wrong: ['A compiler for C', 'A compiler for C#', 'C C C C'] },
    { query: 'C#', right: 'A compiler for C#', wrong: ['A compiler for C', 'A compiler for C++'] },
    { query: 'C', right: 'A compiler for C', wrong: ['A compiler for C#', 'A compiler for C++'] },
    { query: 'F#', right: 'Lessons in F# for you', wrong: ['Lessons in F for you', 'Lessons in C# for you'] },
    { query: '.NET', right: 'Runs on .NET only', wrong: ['Runs on a net only'] },
    { query: 'AT&T', right: 'The shop of AT&T', wrong: ['At the shop of T', 'T is at the shop'] },
  ])('finds $query', expectFirst);
});

describe('codes in texts of any length', () => {
  const filler = 'lantern harbour meadow thunder velvet copper orchard glacier pebble marble saddle willow '.repeat(2);
  it.each(
    [0, 12, 24].flatMap((words) =>
      [
        ['AB-123/4', 'AB-4/123'],
        ['anna.berg@example.com', 'berg.anna@example.com'],
        ['2024-03-05', '2024-05-03'],
        ['1.2.3', '3.2.1'],
        ['10.0.0.1', '10.0.1.0'],
        ['030-1234-56', '1234-030-56'],
      ].map(([code = '', wrong = '']) => [code, words, wrong] as const),
    ),
  )('finds %s beside %d words before %s alone', async (code, words, wrong) => {
    const right = `${code} ${filler.split(' ').slice(0, words).join(' ')}`;
    await expectFirst({ query: code, right, wrong: [wrong] });
  });
});

describe('one thing in two spellings', () => {
  it.each(
    [
      ['AB123', 'AB-123'],
      ['covid19', 'COVID-19'],
      ['nodejs', 'node.js'],
      ['email', 'e-mail'],
      ['emails', 'e-mail'],
      ['wifi', 'Wi-Fi'],
      ['PhD', 'Ph.D.'],
      ['1000', '1,000'],
      ['9780306406157', '978-0-306-40615-7'],
      ['OBrien', "O'Brien"],
      ['R&D', 'R & D'],
      ['2020-2021', '2020–2021'],
      ['25', '๒๕'],
    ].flatMap(([a = '', b = '']) => [[a, b] as const, [b, a] as const]),
  )('finds %s as %s', async (query, written) => {
    expect(await ranking([...OTHERS, `7 ${written} 8`], query)).toContain(3);
  });

  it.each<Case>([
    { query: '1.2', right: 'This is version v1.2 of it', wrong: ['This is version 2.1 of it'] },
    { query: 'v1.2', right: 'This is version 1.2 of it', wrong: ['This is version 2.1 of it'] },
    { query: 'issue 5', right: 'It was issue #5 then', wrong: ['It was issue #6 then'] },
    { query: '5', right: 'It costs $5 today', wrong: ['It costs $6 today'] },
    { query: '€5', right: 'Es kostet 5€ am Tag', wrong: ['Es kostet 6€ am Tag'] },
    { query: "O'Brien", right: "Mr. O'Brien came late", wrong: ['Brien O came late'] },
    { query: 'iPhone', right: 'A new iPhone™ for you', wrong: ['A new phone for you'] },
    { query: 'study', right: 'In a study¹ of bees', wrong: ['In a garden of bees'] },
    { query: 'US trade', right: 'On U.S.-China trade', wrong: ['On China and trade', 'Give us the trade'] },
  ])('finds $query', expectFirst);
});

describe('stop words', () => {
  it.each<Case>([
    {
      query: 'WHO',
      right: 'The WHO declared it over',
      wrong: ['The man who came late', 'Those who know, and who care'],
    },
    { query: 'ВОЗ', right: 'Доклад ВОЗ о здоровье', wrong: ['Старый воз стоит у дома', 'Воз и телега'] },
    { query: 'WHO', right: 'WHO REPORT OF THE YEAR', wrong: ['He knows who came'] },
    { query: 'IT', right: 'She works in IT at the bank', wrong: ['I like it a lot', 'Is it true that it was it?'] },
    {
      query: 'US',
      right: 'Visitors to the US need a visa',
      wrong: ['Come with us to the sea', 'They told us about us'],
    },
    { query: 'US', right: 'Made in the U.S. last year', wrong: ['Come with us to the sea'] },
    {
      query: 'to be or not to be',
      right: 'To be, or not to be, that is the question',
      wrong: ['It is not easy to be late', 'Tea or coffee to go', 'He wants to be a pilot'],
    },
    { query: 'the who', right: 'Who is it, and who are the others?', wrong: ['The day is long'] },
    { query: 'flights from London', right: 'Cheap flights from London', wrong: ['Cheap flights to London'] },
  ])('finds $query', expectFirst);

  it('takes a name for a name, though it is a stop word elsewhere', async () => {
    expect(await ranking(['Ada lives in Turin.'], 'where does Ada live?')).toEqual([0]);
    expect(await ranking(['Ada lives in Turin.'], 'where does Ada live?', 'id')).toEqual([0]);
  });

  it('keeps a query with a topic to its topic', async () => {
    expect(await ranking(['the of and the', 'wing'], 'the wing')).toEqual([1]);
  });
});

describe('folding', () => {
  const pairs = [
    ['cafe', 'café'],
    ['strasse', 'straße'],
    ['resume', 'résumé'],
    ['naive', 'naïve'],
    ['مدرسه', 'مدرسة'],
    ['مدرسة', 'مَدْرَسَةٌ'],
    ['احمد', 'أحمد'],
    ['كتاب', 'كـتـاب'],
    ['ελλαδα', 'Ελλάδα'],
    ['елка', 'ёлка'],
    ['lodz', 'Łódź'],
    ['istanbul', 'İstanbul'],
  ] as const;

  it.each(pairs.flatMap(([a, b]) => [[a, b] as const, [b, a] as const]))(
    'finds %s and %s, the exact first',
    async (exact, other) => {
      const texts = [...OTHERS, `7 ${other} 8`, `7 ${exact} 8`];
      expect(await ranking(texts, exact)).toEqual([4, 3]);
    },
  );

  it.each([
    ['soft', 'so\u00ADft'],
    ['password', 'pass\u200Bword'],
    ['ＡＢＣ', 'abc'],
    ['ﬁre', 'fire'],
    ["don't", 'don’t'],
  ])('finds %j as %j', async (query, written) => {
    expect(await ranking([...OTHERS, `7 ${written} 8`], query)).toContain(3);
  });
});

describe('scripts', () => {
  it.each<Case>([
    { query: 'โรงเรียน', right: 'เด็กๆ ไปโรงเรียนทุกวันจันทร์', wrong: ['ฉันซื้อผลไม้ที่ตลาดเมื่อวานนี้', 'รถไฟไปเชียงใหม่ออกตอนเช้า'] },
    { query: '서울', right: '우리는 서울에서 만났어요', wrong: ['우리는 부산에서 만났어요', '기차가 대전에서 멈췄다'] },
    { query: '집', right: '어제 집에서 책을 읽었다', wrong: ['편집부에서 원고를 기다린다', '회사에서 일했다'] },
    { query: '上海', right: '他在上海工作', wrong: ['海上的风很大', '他在北京工作'] },
    { query: '東京', right: '東京の天気は晴れです', wrong: ['京都の東にある山', '大阪の天気は雨です'] },
    { query: 'ေစျး', right: 'မနက်ေစျးကို သွားတယ်', wrong: ['ညက မိုးရွာတယ်'] },
  ])('finds $query', expectFirst);
});

describe('languages', () => {
  it.each<[TextLanguage, string, string, string]>([
    ['de', 'Haus', 'Die alten Häuser am Fluss', 'Der Hund schläft im Garten'],
    ['fr', 'cheval', 'Les chevaux courent dans la prairie', 'La maison est dans la rue'],
    ['es', 'canción', 'Escuchamos las canciones de la fiesta', 'Los perros duermen en la casa'],
    ['ru', 'книга', 'На столе лежат новые книги', 'На улице идёт сильный дождь'],
    ['fi', 'talo', 'Vanhassa talossa ei ole ketään', 'Lapset leikkivät puistossa'],
    ['tr', 'kitap', 'Masanın üzerinde kitaplar var', 'Çocuklar bu parkta oynuyor'],
    ['ar', 'مدرسة', 'ذهب الطلاب إلى المدرسة صباحا', 'شرب الرجل القهوة في المساء'],
    ['hi', 'किताब', 'मेज़ पर नई किताबें रखी हैं', 'बच्चे पार्क में खेल रहे हैं'],
  ])('stems %s, declared or detected', async (language, query, right, wrong) => {
    for (const declared of [language, 'auto'] as const) {
      expect([declared, (await ranking([...OTHERS, wrong, right], query, declared))[0]]).toEqual([declared, 4]);
    }
  });

  it('does not stem a language without a stemmer as if it were English', async () => {
    expect(await ranking(['Nowe domy przy rzece', 'Stary dom'], 'domy', 'pl')).toEqual([0]);
  });
});

describe('sentences in many languages', () => {
  const set = loadMultilingual(projectRoot());

  it('are at least twelve languages and three hundred queries', () => {
    expect(new Set(set.map(({ language }) => language)).size).toBeGreaterThanOrEqual(12);
    expect(set.reduce((sum, { queries }) => sum + queries.length, 0)).toBeGreaterThanOrEqual(300);
  });

  it('are found first by what people type', async () => {
    const { share, missed } = await successAtOne(keyword, set);
    expect({ isEnough: share >= 0.95, missed: share >= 0.95 ? [] : missed }).toEqual({ isEnough: true, missed: [] });
  });
});
