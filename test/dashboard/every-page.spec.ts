import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { chromiumPath, launchBrowser, openDashboard, type Dashboard } from '../support/dashboard';
import { clientOf } from '../support/http';
import { startServer, type TestServer } from '../support/server';
import { describeWith } from '../support/services';

const PAGES = ['Overview', 'Collections', 'Memory', 'Files', 'Events', 'Services', 'Projects and keys'];
/** What a browser writes about a request that reached nobody. */
const UNREACHABLE = [/net::ERR_(CONNECTION_REFUSED|CONNECTION_RESET|EMPTY_RESPONSE|SOCKET_NOT_CONNECTED)/];
/** The title of a fault that no page should have. */
const FAULT = 'Something went wrong';
/** Two polls of the slowest page. */
const SETTLED_MS = 1_500;

/**
 * Real: the embedded product as a process that is killed and started again on its data, Chromium, every page with all of its
 * tabs. Errors in the console fail each test.
 */
describeWith(chromiumPath)('every page of the dashboard', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'zerodb-pages-'));
  let server: TestServer;
  let browser: Browser;
  let dashboard: Dashboard;

  const start = async (port = '0'): Promise<TestServer> =>
    await startServer({ ZERODB_DATA_DIR: path.join(folder, 'data'), ZERODB_PORT: port });
  const call = async (target: string, method: string, body: unknown): Promise<void> => {
    const answer = await clientOf(server.url)(target, { key: server.rootKey, method, body });
    expect([target, answer.status < 300]).toEqual([target, true]);
  };

  beforeAll(async () => {
    [server, browser] = await Promise.all([start(), launchBrowser()]);
    dashboard = await openDashboard(browser, server.url, { key: server.rootKey, height: 1_600 });
  });
  afterAll(async () => {
    await dashboard.close();
    await browser.close();
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Opens every tab of what is shown. */
  const openTabs = async (page: Page): Promise<void> => {
    for (const tab of await page.getByRole('main').getByRole('tab').all()) {
      await tab.click();
      await page.waitForTimeout(SETTLED_MS);
      expect(await page.getByText(FAULT).count()).toBe(0);
    }
  };

  /** Opens every page with its tabs, and the first thing that it lists. */
  const tour = async (): Promise<void> => {
    const { page, visit } = dashboard;
    for (const name of PAGES) {
      await visit(name);
      await page.waitForTimeout(SETTLED_MS);
      await openTabs(page);
      const first = page.getByRole('main').locator('button.row-button').first();
      if ((await first.count()) === 0) continue;
      await first.click();
      await page.waitForTimeout(SETTLED_MS);
      expect(await page.getByText(FAULT).count()).toBe(0);
      await openTabs(page);
    }
  };

  it('is whole while there is nothing', async () => {
    await tour();
    const { page, visit, expectQuiet } = dashboard;
    await visit('Overview');
    // An axis of its own invention would show years that nobody lived in.
    const [chart] = await page.locator('figure').all();
    expect(await chart?.textContent()).toContain('Requests');
    expectQuiet();
  });

  it('is whole with one of each', async () => {
    await call('/v1/collections/notes', 'PUT', {});
    const text = 'Bleed the brakes after replacing the pads.';
    await call('/v1/collections/notes/records', 'PUT', { records: [{ id: 'brakes', text, metadata: { year: 2019 } }] });
    await call('/v1/memories', 'POST', { content: 'Ada prefers tea.', user_id: 'ada' });
    await call('/v1/buckets/reports', 'PUT', {});
    await call('/v1/files/reports/a.txt', 'PUT', 'twelve bytes');
    await call('/v1/topics/orders', 'PUT', {});
    await call('/v1/topics/orders/events', 'POST', { events: [{ type: 'order.created', data: {} }] });
    await call('/v1/files/verify', 'POST', undefined);
    await tour();
    const { page, visit, expectQuiet } = dashboard;
    await visit('Projects and keys');
    await page.getByRole('tab', { name: 'Usage' }).click();
    await page.getByRole('table', { name: 'Buckets' }).getByRole('row').filter({ hasText: 'reports' }).waitFor();
    const bucket = page.getByRole('table', { name: 'Buckets' }).getByRole('row').filter({ hasText: 'reports' });
    expect(await bucket.getByRole('cell').allInnerTexts()).toEqual(['reports', '1', '14 bytes', '14 bytes']);
    await visit('Collections');
    await page.getByRole('row').filter({ hasText: 'notes' }).getByText('none: exact scan').waitFor();
    await visit('Events');
    await page.getByRole('row').filter({ hasText: 'orders' }).getByText('none attached').waitFor();
    expectQuiet();
  });

  it('says that it knows nothing while the server is dead', async () => {
    const { page, visit, expectQuiet } = dashboard;
    await visit('Overview');
    await page.locator('[role=img].service-map .serves').first().waitFor({ state: 'attached' });
    await server.kill();
    await page.getByRole('alert').getByText('The server does not answer', { exact: true }).waitFor();
    // Nothing is green: neither a line of the map, nor a state.
    expect(await page.locator('[role=img].service-map .link').count()).toBe(0);
    expect(await page.locator('.service-map .state-up').count()).toBe(0);
    const rows = page.getByRole('table', { name: 'Which service answers what' }).getByRole('row');
    expect(await rows.filter({ hasText: 'unknown' }).count()).toBe(5);
    await tour();
    await visit('Services');
    await page.getByText('The server does not answer', { exact: true }).waitFor();
    expect(await page.getByRole('main').getByText('up', { exact: true }).count()).toBe(0);
    expectQuiet(UNREACHABLE);
  });

  it('is whole again after the server came back', async () => {
    const { page, visit, expectQuiet } = dashboard;
    server = await start(new URL(server.url).port);
    await visit('Overview');
    await page.locator('[role=img].service-map .serves').first().waitFor({ state: 'attached' });
    await page.getByText('The server does not answer', { exact: true }).waitFor({ state: 'detached' });
    await tour();
    await visit('Collections');
    await page.getByRole('row').filter({ hasText: 'notes' }).waitFor();
    expectQuiet(UNREACHABLE);
  });
});
