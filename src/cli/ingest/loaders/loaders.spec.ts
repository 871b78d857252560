import { minimalPdf } from '../../../../test/support/minimal-pdf';
import { BrokenFileError, type RowsDocument, type TextDocument } from '../document';
import { loaderOf } from '.';

/** Either kind: each test knows which it loads. */
type Loaded = Omit<TextDocument, 'kind'> & Omit<RowsDocument, 'kind'>;

const load = async (extension: string, content: string | Uint8Array): Promise<Loaded> => {
  const loader = loaderOf(extension);
  if (loader === undefined) throw new Error(`no loader for ${extension}`);
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  return (await loader.load(bytes)) as unknown as Loaded;
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
    ['.jsonl', '{"a": 1}\nnope\n', /Line 2 is not JSON/],
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
      text: 'name: Bolt; M4\nprice: 1.5\nzip: 01234\nbig: 12345678901234567890\nok: true',
      metadata: { name: 'Bolt; M4', price: 1.5, zip: '01234', big: '12345678901234567890', ok: true },
    });
  });

  it('makes a record of each JSON object; a text field is the text', async () => {
    const { rows } = await load('.json', '[{"text": "hello", "n": 1}, {"a": {"b": ["x", 2]}, "c": null}, "plain"]');
    expect(rows).toEqual([
      { text: 'hello', metadata: { n: 1 } },
      { text: 'a.b: x\na.b: 2', metadata: { a: { b: ['x', 2] }, c: null } },
      { text: 'plain', metadata: {} },
    ]);
  });

  it('makes a record of each JSON line', async () => {
    expect((await load('.jsonl', '{"text":"a"}\n\n{"text":"b"}\n')).rows.map(({ text }) => text)).toEqual(['a', 'b']);
  });
});
