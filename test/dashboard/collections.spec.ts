import type { Browser, Locator, Page } from 'playwright-core';
import {
  chromiumPath,
  expectNoSeriousAxeViolations,
  launchBrowser,
  openDashboard,
  screenshot,
  type Dashboard,
} from '../support/dashboard';
import { articles, definitions } from '../support/library';
import { startServer, type TestServer } from '../support/server';
import { describeWith } from '../support/services';

const HOSTILE = {
  id: '<img src=x onerror="window.hacked=1">',
  text: `<script>window.hacked=2</script>${'long '.repeat(200_000)}`,
  metadata: { ملاحظة: 'نص من اليمين', html: '<b onmouseover="window.hacked=3">b</b>', topic: '</td><script>' },
};

describeWith(chromiumPath)('the dashboard’s collections', () => {
  let server: TestServer;
  let browser: Browser;
  let dashboard: Dashboard;
  let page: Page;

  beforeAll(async () => {
    server = await startServer();
    browser = await launchBrowser();
    await send('PUT', '/v1/collections/articles', { indexes: [{ field: 'topic', type: 'string' }] });
    await send('PUT', '/v1/collections/articles/records', { records: articles() });
    await send('PUT', '/v1/collections/words', {});
    await send('PUT', '/v1/collections/words/records', { records: definitions(2_000) });
  });
  afterAll(async () => {
    await browser.close();
    await server.stop();
  });

  beforeEach(async () => {
    dashboard = await openDashboard(browser, server.url, { key: server.rootKey });
    ({ page } = dashboard);
  });
  afterEach(async () => await dashboard.close());

  const send = async (method: string, path: string, body?: unknown, key = server.rootKey): Promise<unknown> => {
    const answer = await fetch(`${server.url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${key}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    const text = await answer.text();
    return text === '' ? undefined : JSON.parse(text);
  };

  const open = async (name: string, tab: string): Promise<void> => {
    await dashboard.visit('Collections');
    await page.getByRole('button', { name, exact: true }).click();
    await page.getByRole('tab', { name: tab }).click();
  };
  const choose = async (label: string, option: string): Promise<void> => {
    await page.getByRole('textbox', { name: label, exact: true }).click();
    await page.getByRole('option', { name: option, exact: true }).click();
  };
  /** For the picture: the sticky header covers what is scrolled beneath it. */
  const scrollTo = async (label: string): Promise<void> =>
    await page.evaluate<void>(
      `window.scrollTo(0, document.querySelector('[aria-label="${label}"]').getBoundingClientRect().top + scrollY - 70)`,
    );
  const rows = (caption: string) => page.getByRole('region', { name: caption }).getByRole('row');

  it('lists them, and makes one', async () => {
    await dashboard.visit('Collections');
    await page.getByRole('cell', { name: 'words' }).waitFor();
    await page.getByRole('button', { name: 'New collection' }).click();
    await page.getByLabel('Name').fill('no/name');
    await page.getByRole('button', { name: 'Make it' }).click();
    await page.getByRole('alert').waitFor();
    await page.getByLabel('Name').fill('made-here');
    await page.getByRole('button', { name: 'Make it' }).click();
    await page.getByRole('heading', { level: 1, name: 'made-here' }).waitFor();
    await expectNoSeriousAxeViolations(page);
    dashboard.expectQuiet([/422/]);
  });

  it('shows what a collection is, and drops one by its name', async () => {
    await open('articles', 'Schema');
    await page.getByText('all-MiniLM-L6-v2', { exact: false }).first().waitFor();
    await page.getByRole('cell', { name: 'topic', exact: true }).waitFor();
    await expectNoSeriousAxeViolations(page);
    await page.getByRole('textbox', { name: 'Field' }).fill('year');
    await choose('Type', 'number');
    await page.getByRole('button', { name: 'Add an index' }).click();
    await page.getByRole('button', { name: 'Remove the index on year' }).waitFor();
    await send('PUT', '/v1/collections/doomed', { dimension: 2 });
    await open('doomed', 'Schema');
    await page.getByRole('button', { name: 'Drop the collection' }).click();
    const drop = page.getByRole('dialog').getByRole('button', { name: 'Drop the collection' });
    expect(await drop.isDisabled()).toBe(true);
    await page.getByLabel('Type its name to confirm').fill('doomed');
    await drop.click();
    await page.getByRole('heading', { level: 1, name: 'Collections' }).waitFor();
    dashboard.expectQuiet();
  });

  it('filters, sorts and pages through records', async () => {
    await open('articles', 'Records');
    await page.getByText('32 records', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Next page' }).click();
    await page.getByText('Page 2').waitFor();
    await page.getByRole('button', { name: 'Add a condition' }).click();
    await page.getByRole('textbox', { name: 'Field' }).fill('topic');
    await page.getByRole('textbox', { name: 'Value', exact: true }).fill('garden');
    await page.getByRole('button', { name: 'Add a condition' }).click();
    const second = page.getByRole('group', { name: 'Condition 2' });
    await second.getByRole('textbox', { name: 'Field' }).fill('rating');
    await second.getByRole('textbox', { name: 'Comparison' }).click();
    await page.getByRole('option', { name: 'is at least', exact: true }).click();
    await second.getByRole('textbox', { name: 'Value', exact: true }).fill('3');
    await page.getByRole('button', { name: 'Apply the filter' }).click();
    const expected = articles().filter(({ metadata: m }) => m['topic'] === 'garden' && Number(m['rating']) >= 3);
    await page.getByText(`${expected.length} records match the filter`).waitFor();
    expect(await rows('Records of the collection').count()).toBe(expected.length + 1);
    await choose('Order', 'falling');
    await page.getByRole('cell', { name: expected.at(-1)?.id ?? '' }).waitFor();
    await screenshot(page, 'records');
    await expectNoSeriousAxeViolations(page);
    dashboard.expectQuiet();
  });

  it('edits and deletes a record, and never overwrites another’s change unseen', async () => {
    await open('articles', 'Records');
    await page.getByRole('button', { name: 'astronomy-1' }).click();
    await page.getByRole('button', { name: 'Edit' }).click();
    await page.getByRole('textbox', { name: 'Metadata' }).fill('{"topic": "astronomy", "seen": true}');
    await send('PATCH', '/v1/collections/articles/records/astronomy-1', { metadata: { by: 'another' } });
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('This record was changed meanwhile').waitFor();
    await page.getByRole('button', { name: /Continue from version/ }).click();
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('button', { name: 'Edit' }).waitFor();
    const stored = await send('GET', '/v1/collections/articles/records/astronomy-1?include=metadata');
    expect(stored).toMatchObject({ metadata: { topic: 'astronomy', seen: true } });
    expect(stored).not.toHaveProperty('metadata.by');
    await expectNoSeriousAxeViolations(page);
    await page.getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('dialog', { name: 'Delete' }).getByRole('button', { name: 'Delete' }).click();
    await page.getByText('31 records', { exact: true }).waitFor();
    dashboard.expectQuiet([/412/]);
  });

  it('keeps what was typed when the key expires', async () => {
    const made = (await send('POST', '/v1/keys', { name: 'short', role: 'write' })) as { key: string; id: string };
    await dashboard.close();
    dashboard = await openDashboard(browser, server.url, { key: made.key });
    ({ page } = dashboard);
    await open('articles', 'Records');
    await page.getByRole('button', { name: 'garden-1', exact: true }).click();
    await page.getByRole('button', { name: 'Edit' }).click();
    await page.getByRole('textbox', { name: 'Metadata' }).fill('{"typed": "before the key was gone"}');
    await send('DELETE', `/v1/keys/${made.id}`);
    await page.waitForTimeout(1_500);
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('dialog', { name: 'Sign in again' }).waitFor();
    const again = page.getByRole('dialog', { name: 'Sign in again' });
    await again.getByRole('textbox', { name: 'API key' }).fill(server.rootKey);
    await again.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByRole('button', { name: 'Edit' }).waitFor();
    const stored = await send('GET', '/v1/collections/articles/records/garden-1?include=metadata');
    expect(stored).toMatchObject({ metadata: { typed: 'before the key was gone' } });
    dashboard.expectQuiet([/401/, /403/]);
  });

  /** On a busy machine a query may find no time to be embedded. The answer is then by words alone, and says so. */
  const searchUntil = async (found: Locator): Promise<void> => {
    for (let tries = 0; tries < 20; tries += 1) {
      const isThere = await found.waitFor({ timeout: 5_000 }).then(
        () => true,
        () => false,
      );
      if (isThere) return;
      await page.getByRole('button', { name: 'Search', exact: true }).click();
    }
    await found.waitFor();
  };

  it('searches by meaning and words, and explains how', async () => {
    await open('articles', 'Search');
    await page.getByLabel('Text to search for').fill('a planet with rings');
    await page.getByRole('button', { name: 'Search', exact: true }).click();
    const results = page.getByRole('region', { name: 'Results' });
    await results.getByRole('listitem').first().getByText('astronomy-2').waitFor();
    await results.getByText('Both rankings were merged (RRF)').waitFor();
    await searchUntil(results.getByText(/by meaning 1\., adds/).first());
    await scrollTo('Results');
    await screenshot(page, 'search');
    await expectNoSeriousAxeViolations(page);
    await choose('Mode', 'keyword: words');
    await page.getByRole('button', { name: 'Search', exact: true }).click();
    await results.getByText('served by postgres').waitFor();
    await page.getByText('Like a record').click();
    await page.getByLabel('Id of the record').fill('music-2');
    await page.getByRole('button', { name: 'Search', exact: true }).click();
    await results.getByRole('button', { name: 'music-4' }).click();
    await page.getByRole('dialog').getByText('A string quartet').waitFor();
    dashboard.expectQuiet();
  });

  it('asks both engines, and says when one is not there', async () => {
    await open('articles', 'Search');
    await page.getByLabel('Text to search for').fill('bread');
    await choose('Engine', 'both, side by side');
    await page.getByRole('button', { name: 'Search', exact: true }).click();
    const results = page.getByRole('region', { name: 'Results' });
    await results.getByText(/qdrant_disabled/).waitFor();
    await results.getByText('served by pgvector').waitFor();
    dashboard.expectQuiet([/409/]);
  });

  it('draws a map, colours it, and lists what the lasso catches', async () => {
    await open('words', 'Map');
    const canvas = page.getByRole('img', { name: /^Map of/ });
    await canvas.waitFor();
    const field = definitions(1)[0]?.metadata['pos'] === undefined ? 'topic' : 'pos';
    await choose('Colour by', field);
    await page.getByRole('group', { name: 'Legend: show only' }).getByRole('button').first().waitFor();
    await page.getByText('Select with a lasso').click();
    const box = await canvas.boundingBox();
    if (!box) throw new Error('The map is not shown.');
    const around = [
      [0.28, 0.2],
      [0.42, 0.2],
      [0.42, 0.8],
      [0.28, 0.8],
      [0.28, 0.2],
    ] as const;
    await page.mouse.move(box.x + 0.28 * box.width, box.y + 0.2 * box.height);
    await page.mouse.down();
    for (const [x, y] of around) await page.mouse.move(box.x + x * box.width, box.y + y * box.height, { steps: 6 });
    await page.mouse.up();
    await page.getByText(/^[\d,]+ selected$/).waitFor();
    await scrollTo('Legend: show only');
    await screenshot(page, 'map');
    await expectNoSeriousAxeViolations(page);
    await rows('Selected records').nth(1).getByRole('button').click();
    await page.getByRole('dialog').getByText('Version').waitFor();
    await page.keyboard.press('Escape');
    await page.getByText('Table', { exact: true }).click();
    expect(await rows('Points of the map').count()).toBe(26);
    await expectNoSeriousAxeViolations(page);
    dashboard.expectQuiet();
  });

  it('moves and enlarges the map by the keyboard', async () => {
    await open('articles', 'Map');
    const canvas = page.getByRole('img', { name: /^Map of/ });
    await canvas.waitFor();
    await canvas.focus();
    // From the first key on the focus is shown.
    await page.keyboard.press('0');
    const before = await canvas.screenshot();
    await page.keyboard.press('+');
    await page.keyboard.press('ArrowLeft');
    expect((await canvas.screenshot()).equals(before)).toBe(false);
    await page.keyboard.press('0');
    expect((await canvas.screenshot()).equals(before)).toBe(true);
    dashboard.expectQuiet();
  });

  it('shows hostile records as text', async () => {
    await send('PUT', '/v1/collections/hostile', { dimension: 2 });
    await send('PUT', '/v1/collections/hostile/records', { records: [{ ...HOSTILE, vector: [1, 0] }] });
    await open('hostile', 'Records');
    await page.getByRole('button', { name: HOSTILE.id }).click();
    const record = page.getByRole('dialog');
    await record.getByText(/نص من اليمين/).waitFor();
    await record
      .getByRole('button', { name: /Show all/ })
      .first()
      .click();
    await page.keyboard.press('Escape');
    await page.getByRole('tab', { name: 'Map' }).click();
    await page.getByRole('img', { name: /^Map of/ }).waitFor();
    await choose('Colour by', 'topic');
    await page.getByRole('button', { name: '</td><script>' }).waitFor();
    expect(await page.evaluate('window.hacked')).toBeUndefined();
    dashboard.expectQuiet();
  });

  it('opens a record whose id looks like an address, and shows a reader what a reader may do', async () => {
    const id = 'a/b?c=1#d%2e';
    await send('PUT', '/v1/collections/odd', { dimension: 2 });
    await send('PUT', '/v1/collections/odd/records', {
      records: [{ id, vector: [1, 0], text: 'Found by its odd id.' }],
    });
    const { key } = (await send('POST', '/v1/keys', { name: 'reader', role: 'read' })) as { key: string };
    await dashboard.close();
    dashboard = await openDashboard(browser, server.url, { path: '/collections/odd/map', key });
    ({ page } = dashboard);
    await page.getByRole('img', { name: /^Map of 1 / }).waitFor();
    await page.getByText('Table', { exact: true }).click();
    await page.getByRole('button', { name: id }).click();
    await page.getByRole('dialog').getByText('Found by its odd id.').waitFor();
    expect(await page.getByRole('button', { name: 'Edit' }).count()).toBe(0);
    dashboard.expectQuiet();
  });

  it('colours the map by a field that no list knows', async () => {
    await open('articles', 'Map');
    await page.getByRole('img', { name: /^Map of/ }).waitFor();
    await page.getByRole('textbox', { name: 'Colour by' }).fill('missing.field');
    await page.getByRole('option', { name: 'missing.field' }).click();
    await page.getByRole('button', { name: /^no value/ }).waitFor();
    dashboard.expectQuiet();
  });

  it('is readable in the dark with everything open', async () => {
    await dashboard.close();
    dashboard = await openDashboard(browser, server.url, { key: server.rootKey, colorScheme: 'dark' });
    ({ page } = dashboard);
    await open('articles', 'Records');
    await page.getByRole('button', { name: 'Add a condition' }).click();
    await page.getByRole('button', { name: 'New record' }).click();
    await page.getByRole('dialog').getByLabel('Text').waitFor();
    await expectNoSeriousAxeViolations(page);
    await page.getByRole('button', { name: 'Close' }).click();
    await page.getByRole('tab', { name: 'Search' }).click();
    await page.getByLabel('Text to search for').fill('stars');
    await page.getByRole('button', { name: 'Search', exact: true }).click();
    await page.getByRole('region', { name: 'Results' }).getByRole('listitem').first().waitFor();
    await expectNoSeriousAxeViolations(page);
    await page.getByRole('tab', { name: 'Map' }).click();
    await choose('Colour by', 'topic');
    await page.getByRole('button', { name: /^music/ }).click();
    await expectNoSeriousAxeViolations(page);
    dashboard.expectQuiet();
  });

  it.each(['Schema', 'Records', 'Search', 'Map'])('%s works in the dark on a phone', async (tab) => {
    await dashboard.close();
    const phone = { width: 390, height: 780, colorScheme: 'dark', key: server.rootKey } as const;
    dashboard = await openDashboard(browser, server.url, phone);
    ({ page } = dashboard);
    await page.getByRole('button', { name: 'Navigation' }).click();
    await open('articles', tab);
    await page
      .getByRole('tabpanel')
      .getByRole('heading')
      .or(page.getByRole('tabpanel').getByRole('button'))
      .first()
      .waitFor();
    await expectNoSeriousAxeViolations(page);
    const overflow = await page.evaluate<number>('document.documentElement.scrollWidth - window.innerWidth');
    expect(overflow).toBeLessThanOrEqual(0);
    dashboard.expectQuiet();
  });
});
