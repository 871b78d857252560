import type { Browser, Page } from 'playwright-core';
import {
  chromiumPath,
  expectNoSeriousAxeViolations,
  launchBrowser,
  openDashboard,
  screenshot,
  type Dashboard,
} from '../support/dashboard';
import { definitions } from '../support/library';
import { describeWith, services } from '../support/services';
import { startStack, type Stack } from '../support/stack';
import { eventually } from '../support/eventually';

const { postgresUrl, qdrantUrl, toxiproxyUrl } = services;
const RECORDS = 1_000;

/** Real: the product's process, Postgres, Qdrant behind a proxy, Chromium. Fake: nothing. */
describeWith(chromiumPath && postgresUrl && qdrantUrl && toxiproxyUrl)('the dashboard’s two engines', () => {
  let stack: Stack;
  let browser: Browser;
  let dashboard: Dashboard;
  let page: Page;

  beforeAll(async () => {
    [stack, browser] = await Promise.all([startStack(), launchBrowser()]);
    const indexes = [{ field: 'pos', type: 'string' }];
    await stack.call('PUT', '/v1/collections/words', { indexes });
    await stack.call('PUT', '/v1/collections/words/records', { records: definitions(RECORDS) });
    const copy = async () => JSON.stringify((await stack.call('GET', '/v1/consistency?collection=words')).json);
    await eventually(copy, (text) => text.includes('"state":"serving"'), 60_000);
    dashboard = await openDashboard(browser, stack.server.url, { key: stack.server.rootKey });
    ({ page } = dashboard);
  });
  afterAll(async () => {
    await browser?.close();
    await stack?.drop();
  });

  const results = () => page.getByRole('region', { name: 'Results' });
  const engine = (name: string) => results().getByRole('region', { name, exact: true });
  const run = async (): Promise<void> => {
    await page.getByRole('button', { name: 'Search', exact: true }).click();
    await results().waitFor();
  };

  it('shows how far the copy is', async () => {
    await dashboard.visit('Collections');
    await page.getByRole('cell', { name: 'serving' }).waitFor();
    await screenshot(page, 'collections');
    await page.getByRole('button', { name: 'words', exact: true }).click();
    await page.getByText('Copied records').waitFor();
    await page.getByRole('tabpanel').getByText('serving').waitFor();
    await screenshot(page, 'collection');
    await expectNoSeriousAxeViolations(page);
  });

  it('shows the same exact answer from both, side by side', async () => {
    await page.getByRole('tab', { name: 'Search' }).click();
    await page.getByLabel('Text to search for').fill('a vessel that carries passengers by water');
    await page.getByRole('textbox', { name: 'Mode', exact: true }).click();
    await page.getByRole('option', { name: 'vector: meaning', exact: true }).click();
    await page.getByRole('textbox', { name: 'Engine', exact: true }).click();
    await page.getByRole('option', { name: 'both, side by side', exact: true }).click();
    await page.getByRole('switch', { name: 'Exact: compare every vector' }).click();
    // On a busy machine one engine may be late once, and be served by the other: the lists are equal, as is said of two alone.
    const isSame = async (): Promise<boolean> => {
      await run();
      const shown = page.getByText('The same list from both').waitFor({ timeout: 10_000 });
      return await shown.then(() => true).catch(() => false);
    };
    await eventually(isSame, (same) => same, 120_000);
    await engine('qdrant').getByText('served by qdrant').waitFor();
    await engine('pgvector').getByText('served by pgvector').waitFor();
    await engine('qdrant').getByText('same rank').first().waitFor();
    await page.evaluate<void>(
      `window.scrollTo(0, document.querySelector('[aria-label=Results]').getBoundingClientRect().top + scrollY - 70)`,
    );
    await screenshot(page, 'search-engines');
    await expectNoSeriousAxeViolations(page);
    dashboard.expectQuiet();
  });

  it('shows one engine’s answer when the other is gone, and who stands in for it', async () => {
    await stack.qdrant.setEnabled(false);
    await run();
    await engine('qdrant').getByRole('alert').waitFor();
    await engine('pgvector').getByText('served by pgvector').waitFor();
    await page.getByRole('textbox', { name: 'Engine', exact: true }).click();
    await page.getByRole('option', { name: 'the preferred engine', exact: true }).click();
    await run();
    await results()
      .getByText(/^degraded: qdrant_/)
      .waitFor();
    await stack.qdrant.setEnabled(true);
    dashboard.expectQuiet([/409|503/]);
  });
});
