import { minimalPdf, PROTECTED_PDF } from '../../../../test/support/minimal-pdf';
import { BrokenFileError, type RowsDocument, type TextDocument } from '../document';
import { loaderOf } from '.';
import type { LoadOptions } from './load-options';

/** Either kind: each test knows which it loads. */
type Loaded = Omit<TextDocument, 'kind'> & Omit<RowsDocument, 'kind'>;

const load = async (extension: string, content: string | Uint8Array, options?: LoadOptions): Promise<Loaded> => {
  const loader = loaderOf(extension);
  if (loader === undefined) throw new Error(`no loader for ${extension}`);
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  return (await loader.load(bytes, options)) as unknown as Loaded;
};

describe('loaders', () => {
  it('knows no loader for other files', () => {
    expect(loaderOf('.png')).toBeUndefined();
    expect(loaderOf('')).toBeUndefined();
  });

  it('takes the title of Markdown from its front matter, which is no text', async () => {
    const document = await load('.md', '---\ntitle: "The guide"\ntags: [a]\n---\n# Heading\n\nBody');
    expect(document).toMatchObject({ kind: 'text', title: 'The guide', text: '# Heading\n\nBody' });
  });

  it('takes the title of Markdown from its first heading otherwise', async () => {
    expect((await load('.md', 'intro\n\n# Backups #\n')).title).toBe('Backups');
    expect((await load('.md', 'no heading')).title).toBeUndefined();
  });

  it('reads UTF-8 with a byte order mark, UTF-16 and CRLF', async () => {
    expect((await load('.txt', '\ufeffa\r\nb')).text).toBe('a\nb');
    expect(
      (await load('.txt', Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('zażółć', 'utf16le')]))).text,
    ).toBe('zażółć');
  });

  it.each([
    ['.txt', Buffer.from([0x61, 0xff, 0xfe]), /UTF-8/],
    ['.md', 'a\0b', /binary/],
    ['.json', '{"a": ', /not JSON/],
    ['.jsonl', '{"a": \nnope\n', /not JSON Lines: line 1/],
    ['.csv', 'a,b\n1,2,3\n', /not CSV/],
    ['.pdf', 'not a pdf', /PDF/],
  ])('calls a broken %s broken', async (extension, content, message) => {
    await expect(load(extension, content)).rejects.toThrow(BrokenFileError);
    await expect(load(extension, content)).rejects.toThrow(message);
  });

  it('reads of HTML what a reader sees, with its structure', async () => {
    const html = `<!doctype html><html><head><title>Ops &amp; more</title><style>x{}</style></head><body><nav>Menu</nav>
      <h2>Restore</h2><p>Stop   the <b>server</b>,
      then copy.</p><ul><li>One</li><li>Two</li></ul><script>alert(1)</script><pre>a\n  b</pre></body></html>`;
    const { title, text } = await load('.html', html);
    expect(title).toBe('Ops & more');
    expect(text).toBe('## Restore\n\nStop the server, then copy.\n\n- One\n- Two\n\na\n  b');
  });

  it('survives HTML that is never closed', async () => {
    expect((await load('.html', '<p>a<div>b<table><tr><td>c')).text).toContain('c');
  });

  it('refuses HTML that opens more elements than anybody nests', async () => {
    await expect(load('.html', '<b>'.repeat(5_000))).rejects.toThrow('More than 4000 elements are open at once');
    expect((await load('.html', `${'<b>x</b>'.repeat(5_000)}<p>${'<br>'.repeat(5_000)}end`)).text).toContain('end');
  });

  it('reads the pages of a PDF', async () => {
    const document = await load('.pdf', minimalPdf(['Backups run at noon', 'Restores run at night']));
    expect(document.text).toContain('Backups run at noon');
    expect(document.text.slice(document.pageStarts?.[1])).toMatch(/^Restores run at night/);
  });

  it('makes a record of each row of CSV, typed', async () => {
    const { rows } = await load(
      '.csv',
      'name;price;zip;big;ok\n"Bolt; M4";1.5;01234;12345678901234567890;true\n;;;;\n',
    );
    expect(rows[0]).toEqual({
      line: 2,
      text: 'name: Bolt; M4\nprice: 1.5\nzip: 01234\nbig: 12345678901234567890\nok: true',
      metadata: { name: 'Bolt; M4', price: 1.5, zip: '01234', big: '12345678901234567890', ok: true },
    });
  });

  it('makes a record of each JSON object; a text field is the text', async () => {
    const { rows } = await load('.json', '[{"text": "hello", "n": 1}, {"a": {"b": ["x", 2]}, "c": null}, "plain"]');
    expect(rows).toMatchObject([
      { text: 'hello', metadata: { n: 1 } },
      { text: 'a.b: x\na.b: 2', metadata: { a: { b: ['x', 2] }, c: null } },
      { text: 'plain', metadata: {} },
    ]);
  });

  it('makes a record of each JSON line', async () => {
    expect((await load('.jsonl', '{"text":"a"}\n\n{"text":"b"}\n')).rows.map(({ text }) => text)).toEqual(['a', 'b']);
  });

  const metadataOf = async (extension: string, content: string): Promise<unknown[]> =>
    (await load(extension, content)).rows.map(({ metadata }) => metadata);

  it.each([
    ['two columns of one name', 'a,a,a_2\n1,2,3\n', [{ a: 1, a_3: 2, a_2: 3 }]],
    ['columns without a name', 'a,,\n1,2,3\n', [{ a: 1, column_2: 2, column_3: 3 }]],
    ['the separator line of Excel', 'sep=;\na;b\n1,5;x\n', [{ a: '1,5', b: 'x' }]],
    ['the same in quotation marks, after a mark', '\ufeff"sep=|"\r\na|b\r\n1|2\r\n', [{ a: 1, b: 2 }]],
    ['the same with blanks behind it', 'sep=; \t\na;b\n1,5;x\n', [{ a: '1,5', b: 'x' }]],
    ['a delimiter in the header', '"x, y, z";b\n1;2\n', [{ 'x, y, z': 1, b: 2 }]],
    ['prototypes as names', '__proto__,constructor\n1,2\n', [JSON.parse('{"__proto__": 1, "constructor": 2}')]],
  ])('loses no column of CSV: %s', async (_name, content, expected) => {
    expect(await metadataOf('.csv', content)).toEqual(expected);
  });

  it('heeds the separator line of Excel in TSV', async () => {
    expect(await metadataOf('.tsv', 'sep=;\na;b\n1;2\n')).toEqual([{ a: 1, b: 2 }]);
    expect(await metadataOf('.tsv', 'sep=\t\na\tb\n1\t2\n')).toEqual([{ a: 1, b: 2 }]);
  });

  it.each([
    '007',
    '0.30',
    '12E4',
    '1e5',
    '+4917',
    '1_000',
    'NaN',
    'Infinity',
    '-0',
    '0x10',
    '1e+21',
    'TRUE',
    '2024-01-02',
    '.5',
    '9007199254740993',
  ])('keeps %s as text, since it would not print back the same', async (value) =>
    expect(await metadataOf('.csv', `v\n${value}\n`)).toEqual([{ v: value }]),
  );

  it.each([
    ['0', 0],
    ['-12.5', -12.5],
    ['true', true],
    ['9007199254740991', 9007199254740991],
  ])('types %s', async (value, typed) => {
    expect(await metadataOf('.csv', `v\n${value}\n`)).toEqual([{ v: typed }]);
  });

  it('names the odd rows of CSV by their lines, and loses no other', async () => {
    const { rows, oddities } = await load('.csv', 'a,b\n"two\nlines",1\n1,2,3\nshort\n"open,2\n5" pipe,6\n');
    expect(rows.map(({ line, metadata }) => [line, metadata])).toEqual([
      [2, { a: 'two\nlines', b: 1 }],
      [5, { a: 'short' }],
      [6, { a: '"open', b: 2 }],
      [7, { a: '5" pipe', b: 6 }],
    ]);
    expect(oddities.map(({ line, left_out }) => [line, left_out])).toEqual([
      [4, true],
      [5, false],
      [6, false],
    ]);
  });

  it('reads TSV with quotation marks that enclose a cell, and with those that do not', async () => {
    const content = 'a\tb\n"tab\there"\t"say ""yes"""\n"Hello" he said\tx\n"open\ty\n3"\tz\n';
    expect(await metadataOf('.tsv', content)).toEqual([
      { a: 'tab\there', b: 'say "yes"' },
      { a: '"Hello" he said', b: 'x' },
      { a: '"open', b: 'y' },
      { a: '3"', b: 'z' },
    ]);
  });

  it('keeps integers of 64 bits exactly, as text, and other numbers as numbers', async () => {
    const object = '{"id": 9223372036854775807, "n": [-9007199254740993, 12E4, 0.30], "far": 1e400}';
    const expected = { id: '9223372036854775807', n: ['-9007199254740993', 120000, 0.3], far: '1e400' };
    for (const [extension, content] of [
      ['.json', object],
      ['.json', `[${object}]`],
      ['.jsonl', object],
    ] as const)
      expect(await metadataOf(extension, content)).toEqual([expected]);
  });

  it('keeps both values of a name that occurs twice in an object', async () => {
    const { rows, oddities } = await load('.json', '[{"a": 1, "a": 2, "a_2": 3}]');
    expect(Object.values(rows[0]?.metadata ?? {}).sort()).toEqual([1, 2, 3]);
    expect(oddities).toMatchObject([{ line: 1, left_out: false }]);
  });

  it.each([
    ['a line each', '[\n{"n":1},\n{"n":},\n{"n":3}\n]', [1, 3], [3]],
    ['one line', '[{"n":1},{"n":},{"n":{"x":[}},{"n":3}]', [1, 3], [1, 1]],
    ['a brace that is missing', '[\n  {"n":1,\n  {"n":2},\n  {"n":3}\n]', [2, 3], [2]],
    ['a string that is not closed', '[\n{"n":1},\n{"n":"x},\n{"n":3}]', [1, 3], [3]],
    ['single quotation marks', '[\n{\'n\':1},\n{"n":2}\n]', [2], [2]],
    ['no value', '[{"n":1},,{"n":3}]', [1, 3], [1]],
    ['cut off', '[{"n":1},{"n":2},\n{"n":', [1, 2], [2]],
    ['cut off between two', '[{"n":1},{"n":2},', [1, 2], [1]],
    ['a comma at the end', '[{"n":1},{"n":2},]', [1, 2], []],
    [
      'spread over lines',
      '[\n  {\n    "n": 1\n  },\n  {\n    "n": oops,\n    "m": [\n    ]\n  },\n  {\n    "n": 3\n  }\n]',
      [1, 3],
      [5],
    ],
  ])(
    'reads the good elements of a JSON array, and names the broken one: %s',
    async (_name, content, numbers, lines) => {
      const { rows, oddities } = await load('.json', content);
      expect(rows.map(({ metadata }) => metadata['n'])).toEqual(numbers);
      expect(oddities.filter(({ left_out }) => left_out).map(({ line }) => line)).toEqual(lines);
    },
  );

  const textsOf = async (extension: string, content: string): Promise<unknown[]> =>
    (await load(extension, content)).rows.map(({ text }) => text);

  it.each([
    ['.json', '[\n"abc\n]'],
    ['.json', '[\n"abc\n"def\n]'],
    ['.json', '"abc\n'],
    ['.jsonl', '"abc\n'],
  ])('ends at a string that is not closed in %s: %j', async (extension, content) => {
    await expect(load(extension, content)).rejects.toThrow('a string is not closed');
  });

  it.each([
    ['the first', '[\n"abc,\n"def",\n"ghi"\n]', ['def', 'ghi'], [2]],
    ['one between', '[\n"abc",\n"def,\n"ghi"\n]', ['abc', 'ghi'], [3]],
    ['the last', '[\n"abc",\n"def\n]', ['abc'], [3]],
    ['of lines', '{"text":"a"}\n"abc\n{"text":"b"}', ['a', 'b'], [2]],
  ])('leaves out a string that is not closed: %s', async (_name, content, texts, lines) => {
    const { rows, oddities } = await load('.json', content);
    expect(rows.map(({ text }) => text)).toEqual(texts);
    expect(oddities.map(({ line }) => line)).toEqual(lines);
  });

  it.each([
    ['objects', '[{"text":"a"}{"text":"b"},{"text":"c"}]', ['a', 'b', 'c']],
    ['objects on lines', '[\n{"text":"a"}\n{"text":"b"},\n{"text":"c"}\n]', ['a', 'b', 'c']],
    ['strings on lines', '["a"\n"b",\n"c"]', ['a', 'b', 'c']],
    ['numbers on lines', '[1\n2\n3]', ['1', '2', '3']],
  ])('reads both values where the comma between them is missing: %s', async (_name, content, texts) => {
    expect(await textsOf('.json', content)).toEqual(texts);
  });

  it('does not take quotation marks inside a string for the next value', async () => {
    expect(await textsOf('.json', '["say "hello" to",\n"b"]')).toEqual(['b']);
  });

  it.each(['[\n  ', '[\n\t', '['])('takes no part of a broken record for a record: after %j', async (start) => {
    const record = (n: number, comma: string): string =>
      `{\n    "n": ${n},\n    "pts": [\n      [1,2]${comma}\n      [3,4],\n      {"x": 1}\n    ]\n  }`;
    const content = `${start}${record(1, ',')},\n  ${record(2, '')},\n  ${record(3, ',')}\n]`;
    const { rows, oddities } = await load('.json', content);
    expect(rows.map(({ metadata }) => metadata['n'])).toEqual([1, 3]);
    expect(oddities).toMatchObject([{ left_out: true }]);
  });

  const LINES = '\ufeff{"n":1}\r\n\r\n{"n":2},\r\n{"n":\r\n{"n":4}\r\n';
  it.each([
    ['.jsonl', LINES],
    ['.ndjson', LINES],
    ['.json', LINES],
    ['.json', `{"n": [1,\n${LINES.slice(1)}`],
  ])('reads the good lines of JSON Lines in %s', async (extension, content) => {
    const { rows, oddities } = await load(extension, content);
    expect(rows.map(({ metadata }) => metadata['n'])).toEqual([1, 2, 4]);
    expect(oddities.at(-1)).toMatchObject({ line: content === LINES ? 4 : 5, left_out: true });
  });

  it('reads JSON values that stand one after another over several lines', async () => {
    expect(await metadataOf('.json', '{\n "n": 1\n}\n{\n "n": 2\n}\n')).toEqual([{ n: 1 }, { n: 2 }]);
  });

  it.each([
    ['in a fence', '```sh\n# comment\n```\n# Title', 'Title'],
    ['in a longer fence', '````\n```\n# comment\n````\n\n# Title', 'Title'],
    ['after a line like a closing fence', '```\n```js\n# comment\n```\n# Title', 'Title'],
    ['in tildes', '~~~\n# comment\n~~~\n# Title', 'Title'],
    ['indented', '    # comment\n\n# Title', 'Title'],
    ['in an HTML comment', '<!--\n# comment\n-->\n# Title', 'Title'],
    ['only there', '```\n# comment\n```', undefined],
    ['in a list', '- ```\n  # comment\n  ```\n\n# Title', 'Title'],
    ['in a numbered list', '10. ~~~sh\n    # comment\n    ~~~\n# Title', 'Title'],
    ['in a list in a list', '- * ```\n    # comment\n\n    ```\n# Title', 'Title'],
    ['in a list after a tab', '-\t```\n\t# comment\n\t```\n# Title', 'Title'],
    ['in a list that ends before the fence does', '- ```\n  # comment\n# Title', 'Title'],
    ['in a fence with a list', '```\n- ```\n# comment\n```\n# Title', 'Title'],
    ['in <pre>', '<pre>\n# comment\n\n# comment\n</pre>\n# Title', 'Title'],
    ['in <script>', '<SCRIPT type="x">\n# comment\n</SCRIPT>\n# Title', 'Title'],
    ['in <style> of one line', '<style>#a{}</style>\n# Title', 'Title'],
    ['in <textarea>', '  <textarea\nrows=2>\n# comment\n</textarea>\n# Title', 'Title'],
    ['after a longer name', '<preface>\n# Title', 'Title'],
    ['after a line', '- - -\n# Title', 'Title'],
    ['with a name of hashes', '# C#', 'C#'],
    ['underlined', '```\n# comment\n```\nTitle\n=====\n', 'Title'],
  ])('takes no comment of code for the title of Markdown: %s', async (_name, content, title) => {
    expect((await load('.md', content)).title).toBe(title);
  });

  it.each([
    ['title: ""', 'Heading'],
    ["title: ''", 'Heading'],
    ['title:', 'Heading'],
    ['title: ~', 'Heading'],
    ['title: # none', 'Heading'],
    ['title: >', 'Heading'],
    ['title: >\n  Long\n  title\ntags: [a]', 'Long title'],
    ['title: |- # one\n\n  Long title\n', 'Long title'],
    ['title:\n  Next line', 'Next line'],
    ['title: "Two\n  lines"', 'Two lines'],
    ["title: 'A: b' # c", 'A: b'],
    ["title: 'It''s'", "It's"],
    ['title: "Say \\"yes\\" \\u00e9"', 'Say "yes" \u00e9'],
    ['title: C# # the language', 'C#'],
    ['title: "A" and "B"', '"A" and "B"'],
    ['subtitle: x', 'Heading'],
  ])('reads the title of front matter as YAML does: %j', async (frontMatter, title) => {
    const document = await load('.md', `---\n${frontMatter}\n---\n# Heading`);
    expect([document.title, document.text]).toEqual([title, '# Heading']);
  });

  it.each([
    '<div style="display:none">X</div>',
    '<div style="DISPLAY : None !important">X</div>',
    '<div style="display:/* */none">X</div>',
    '<div style="d\\69splay:none">X</div>',
    '<div hidden>X</div>',
    '<div hidden="until-found"><p>X</p></div>',
    '<span aria-hidden="true">X</span>',
    '<p style="visibility:hidden">X</p>',
    '<p style="opacity:0"><b>X</b></p>',
    '<p style="font-size:0px">X</p>',
    '<p style="position:absolute; left:-9999px">X</p>',
    '<p style="color:transparent">X</p>',
    '<template><p>X</p></template>',
    '<noscript>X</noscript>',
    '<dialog>X</dialog>',
    '<div hidden><pre>X</pre><ul><li>X</ul></div>',
    '<style>p.note{display:none}</style><p class="big note">X</p>',
    '<style>#a > em, #b{visibility:hidden}</style><p id="a"><em>X</em></p>',
    '<p><b>X</b></p><style>@media screen{p b{display:none}}</style>',
    '<style>[data-x="1"]:not(.open){opacity:0}</style><p data-x="1">X</p>',
    '<style>i + p{display:none}</style><i></i><p>X</p>',
    '<style>aside{display:none}</style><aside>X</aside>',
    ...[
      'color:#0000',
      'color:#FF000000',
      'color:rgb(0 0 0 / 0)',
      'color:rgb(0 0 0 / 0.0)',
      'color:rgba(1, 2, 3, 0)',
      'color:hsl(120 50% 50% / 0%)',
      'font:0/0 a',
      'font:bold 0px/1.5 Arial',
      'position:absolute;clip:rect(0,0,0,0)',
      'position:absolute;clip:rect(1px 1px 1px 1px)',
      'clip-path:inset(100%)',
      'clip-path:inset(50%)',
      'clip-path:inset(0 100% 0 0)',
      'clip-path:circle(0)',
      'height:0;overflow:hidden',
      'max-height:0px;overflow:hidden;padding:0',
      'transform:scale(0)',
      'transform:rotate(3deg) scaleX(0)',
      'transform:translateX(-9999px)',
      'position:fixed;right:-9999px',
      'margin-left:-9999px',
      'margin:0 0 0 -999em',
      'position:absolute;inset:0 auto auto -9999px',
      'opacity:.0',
    ].map((style) => `<p style="${style}">X</p>`),
    '<style>div{&.a{display:none}}</style><div class="a">X</div>',
    '<style>.a{.b{display:none}}</style><div class="a"><p class="b">X</p></div>',
    '<style>.a{color:red;@media screen{display:none}}</style><p class="a">X</p>',
    '<style>.c{.d &{opacity:0}}</style><p class="d"><b class="c">X</b></p>',
    '<style>@media not print{p.x{display:none}}</style><p class="x">X</p>',
    '<style media="screen and (min-width: 600px)">p.x{display:none}</style><p class="x">X</p>',
    '<style>.s{position:absolute} .s{left:-9999px}</style><p class="s">X</p>',
    '<style>.s{overflow:hidden} .t{height:0}</style><p class="s t">X</p>',
  ])('leaves out of HTML what is hidden: %s', async (html) => {
    expect((await load('.html', `<p>before</p>${html}<p>after</p>`)).text).toBe('before\n\nafter');
  });

  it.each([
    '<p aria-hidden="false">X</p>',
    '<p style="visibility:hidden"><b style="visibility:visible">X</b></p>',
    '<p style="font-size:0"><b style="font-size:16px">X</b></p>',
    '<style>p{display:none} p.open{display:block}</style><p class="open">X</p>',
    '<style>.a{display:none}</style><p class="a" style="display:block">X</p>',
    '<style>@media print{p{display:none}} @media (max-width:600px){p{display:none}}</style><p>X</p>',
    '<style>p:hover{display:none} i > p{display:none}</style><p>X</p>',
    '<dialog open>X</dialog>',
    '<style>body{visibility:hidden}</style><body><p>X</p></body>',
    ...[
      'font-size:small',
      'font-size:medium',
      'font-size:larger',
      'font-size:initial',
      'font:italic 400 12px/0 Arial',
      'font:inherit',
      'opacity:inherit',
      'opacity:0.5',
      'color:rgba(255,0,0)',
      'color:rgb(255 0 0)',
      'color:#000',
      'color:#f00f',
      'color:rgb(0 0 0 / 50%)',
      'clip:rect(0,0,0,0)',
      'clip-path:inset(10% 20%)',
      'height:0',
      'height:0;flex:1;overflow:hidden',
      'height:0;padding-bottom:50%;overflow:hidden',
      'transform:scale(0.5)',
      'right:-9999px',
      'position:absolute;left:50%;margin-left:-480px',
      'margin:-10px 0',
    ].map((style) => `<p style="${style}">X</p>`),
    '<style media=print>p{display:none}</style><p>X</p>',
    '<style media="(max-width : 600px)">p{display:none}</style><p>X</p>',
    '<noscript><style>p{display:none}</style></noscript><p>X</p>',
    '<template><style>p{display:none}</style></template><p>X</p>',
    '<style>@media not screen{p{display:none}} .a{&.b{display:none}}</style><p class="b">X</p>',
    '<html><head><title>T</title><p>X</p>',
    '<style>head{display:none}</style><head><title>T</title><body>X',
  ])('keeps what is shown: %s', async (html) => {
    expect((await load('.html', html)).text).toBe('X');
  });

  it('leaves out nested rules that stand for too many selectors', async () => {
    const deep = '.a{'.concat('& & & & & & & &{'.repeat(8), 'opacity:0');
    const wide = '.a,.b,.c,.d,.e{'.repeat(8).concat('opacity:0');
    expect((await load('.html', `<style>${deep}</style><style>${wide}</style><p>X</p>`)).text).toBe('X');
  });

  it('puts each option of HTML on a line', async () => {
    expect((await load('.html', 'Size <select><option>Small<option>Large</select> end')).text).toMatch(
      /Small\nLarge\n+end/,
    );
  });

  it.each([
    ['<details><summary>A</summary>B</details>C', 'A\nB\n\nC'],
    ['<button>A</button><button>B</button>C', 'A\nB\nC'],
    ['<label>A</label><textarea>B</textarea><label>C</label>', 'A\nB\nC'],
    ['<fieldset><legend>A</legend>B</fieldset>', 'A\nB'],
    ['<figure><figcaption>A</figcaption></figure><center>B</center>C', 'A\n\nB\n\nC'],
    ['<table><caption>A</caption><tr><td>B</td></tr></table>', 'A\n\nB |'],
    ['<menu><li>A<li>B</menu><hgroup>C</hgroup><search>D</search>', '- A\n- B\n\nC\n\nD'],
    ['A<br><br>B<ul><li>C</li>D</ul>', 'A\n\nB\n\n- C\nD'],
  ])('keeps apart what HTML shows apart: %s', async (html, text) => {
    expect((await load('.html', html)).text).toBe(text);
  });

  it.each([
    ['windows-1252', '<meta charset="windows-1252">', [0x80, 0xe9, 0x94], '€é”'],
    [
      'latin1 in its longer form',
      '<meta http-equiv="Content-Type" content="text/html; charset=ISO-8859-1">',
      [0xe9],
      'é',
    ],
    ['Shift JIS', '<meta charset=Shift_JIS>', [0x83, 0x65, 0x83, 0x58, 0x83, 0x67], 'テスト'],
    ['XML', '<?xml version="1.0" encoding="windows-1251"?>', [0xcf], 'П'],
    ['UTF-8 as UTF-16', '<meta charset="utf-16">', [0xc3, 0xa9], 'é'],
    ['late', `<!--${'x'.repeat(5_000)}--><meta charset="windows-1252">`, [0xe9], 'é'],
    ['none', '<meta charset=""><meta charset=" ">', [0xc3, 0xa9], 'é'],
    ['none, then one', '<meta charset=""><meta charset="latin1">', [0xe9], 'é'],
  ])('honours the character set that HTML declares: %s', async (_name, head, bytes, text) => {
    const html = Buffer.concat([Buffer.from(head), Buffer.from('<p>'), Buffer.from(bytes)]);
    expect((await load('.html', html)).text).toBe(text);
  });

  it('names a declared character set in the refusal', async () => {
    await expect(load('.html', '<meta charset="klingon-8">x')).rejects.toThrow('"klingon-8"');
    const wrong = Buffer.concat([Buffer.from('<meta charset="euc-jp">'), Buffer.from([0xff])]);
    await expect(load('.html', wrong)).rejects.toThrow('euc-jp');
  });

  it('reads other files in the encoding that is given, where they are no UTF-8', async () => {
    const bytes = Buffer.concat([Buffer.from('name\ncaf'), Buffer.from([0xe9])]);
    await expect(load('.csv', bytes)).rejects.toThrow('--encoding');
    expect((await load('.csv', bytes, { encoding: 'windows-1252' })).rows[0]?.text).toBe('name: café');
    expect((await load('.csv', 'name\ncafé', { encoding: 'windows-1252' })).rows[0]?.text).toBe('name: café');
    expect((await load('.txt', Buffer.from('a\nb', 'utf16le'), { encoding: 'utf-16le' })).text).toBe('a\nb');
    await expect(load('.txt', 'a\0b', { encoding: 'windows-1252' })).rejects.toThrow('binary');
    const utf16 = Buffer.concat([Buffer.from([0xfe, 0xff]), Buffer.from('a\né', 'utf16le').swap16()]);
    expect((await load('.csv', utf16)).rows[0]?.text).toBe('a: é');
  });

  it('opens a protected PDF with a password, and asks for it', async () => {
    await expect(load('.pdf', PROTECTED_PDF)).rejects.toThrow('--pdf-password');
    await expect(load('.pdf', PROTECTED_PDF, { pdfPasswords: ['wrong'] })).rejects.toThrow('none that was given');
    expect((await load('.pdf', PROTECTED_PDF, { pdfPasswords: ['wrong', 'sesame'] })).text).toContain(
      'Behind the door',
    );
  });
});
