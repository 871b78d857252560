import type { Browser } from 'playwright-core';
import {
  chromiumPath,
  expectNoSeriousAxeViolations,
  launchBrowser,
  openDashboard,
  screenshot,
  type Dashboard,
} from '../support/dashboard';
import { clientOf } from '../support/http';
import { startServer, type TestServer } from '../support/server';
import { describeWith } from '../support/services';

const HOSTILE = '<img src=x onerror=alert(1)>\u202etxt.exe';
const PAGES = ['Overview', 'Collections', 'Memory', 'Files', 'Events', 'Services', 'Projects and keys'];
const REFUSED = [/status of 401/];

/** Real: the embedded product as a process, the built dashboard, Chromium. Fake: nothing. */
describeWith(chromiumPath)('the dashboard on the embedded product', () => {
  let server: TestServer;
  let browser: Browser;
  let dashboard: Dashboard | undefined;
  const open = async (options: Parameters<typeof openDashboard>[2] = {}): Promise<Dashboard> =>
    (dashboard = await openDashboard(browser, server.url, { key: server.rootKey, ...options }));
  const call = async (target: string, body?: unknown, method?: string) =>
    await clientOf(server.url)(target, { key: server.rootKey, body, ...(method === undefined ? {} : { method }) });

  beforeAll(async () => {
    [server, browser] = await Promise.all([startServer(), launchBrowser()]);
  });
  afterEach(async () => await dashboard?.close());
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  it('takes a key, keeps it in memory alone, and forgets it on leaving', async () => {
    const { page, expectQuiet } = await open();
    const key = JSON.stringify(server.rootKey);
    const places = '[location.href, JSON.stringify(localStorage), JSON.stringify(sessionStorage), document.cookie]';
    expect(await page.evaluate(`${places}.some((text) => text.includes(${key}))`)).toBe(false);
    expect(await page.evaluate(`document.documentElement.outerHTML.includes(${key})`)).toBe(false);
    await page.reload();
    await page.getByRole('textbox', { name: 'API key' }).waitFor();
    expectQuiet();
  });

  it('says what is wrong with a key that is not known, and takes the next', async () => {
    const { page, expectQuiet } = await open({ key: undefined });
    await expectNoSeriousAxeViolations(page);
    await screenshot(page, 'sign-in');
    const field = page.getByRole('textbox', { name: 'API key' });
    expect(await field.getAttribute('autocomplete')).toBe('current-password');
    await field.fill('zdb_nonsense');
    await field.press('Enter');
    await page.getByRole('alert').getByText('The API key is not known').waitFor();
    await field.fill(server.rootKey);
    await field.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
    expectQuiet(REFUSED);
  });

  it.each(PAGES)('shows the page %s without a fault, for eyes and for screen readers', async (name) => {
    const { page, visit, expectQuiet } = await open();
    await visit(name);
    await expectNoSeriousAxeViolations(page);
    await page.getByRole('button', { name: 'Use dark colours' }).click();
    await expectNoSeriousAxeViolations(page);
    expectQuiet();
  });

  it('is as usable in the dark, and on a phone', async () => {
    const { page, expectQuiet } = await open({ width: 375, height: 700, colorScheme: 'dark' });
    await page.getByRole('table', { name: 'Which service answers what' }).waitFor();
    await expectNoSeriousAxeViolations(page);
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    const last = await page.getByRole('button', { name: 'Sign out' }).boundingBox();
    expect((last?.x ?? 0) + (last?.width ?? 0)).toBeLessThanOrEqual(375);
    await screenshot(page, 'overview-phone');
    await page.getByRole('button', { name: 'Navigation' }).click();
    await page.getByRole('link', { name: 'Projects and keys' }).click();
    await page.getByRole('heading', { level: 1, name: 'Projects and keys' }).waitFor();
    await page.getByRole('button', { name: 'Use light colours' }).click();
    expect(await page.evaluate('document.documentElement.dataset.mantineColorScheme')).toBe('light');
    expectQuiet();
  });

  // How soon it paints depends on the machine; how much it must load first does not.
  it('loads little before it paints', async () => {
    const { page } = await open({ key: undefined });
    await page.getByRole('textbox', { name: 'API key' }).waitFor();
    const sizes = await page.evaluate<number[]>(
      'performance.getEntriesByType("resource").map(({ encodedBodySize }) => encodedBodySize)',
    );
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(400_000);
    expect(sizes.length).toBeLessThan(20);
  });

  it('works by the keyboard alone', async () => {
    const { page } = await open();
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to the content');
    await page.getByRole('link', { name: 'Services' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'Services' }).waitFor();
    expect(await page.evaluate('document.activeElement.id')).toBe('content');
  });

  it('makes a key, shows it once, and revokes it', async () => {
    await call('/v1/keys', { name: 'search service', role: 'read' });
    await call('/v1/keys', { name: 'nightly import', role: 'write', expires_at: '2099-01-01T00:00:00Z' });
    const { page, visit, expectQuiet } = await open();
    await visit('Projects and keys');
    await page.getByText('nightly import').waitFor();
    await screenshot(page, 'projects');
    await page.getByRole('button', { name: 'New key' }).click();
    await page.getByRole('textbox', { name: 'Name' }).fill(HOSTILE);
    await page.getByRole('button', { name: 'Create the key' }).click();
    const key = await page.getByRole('textbox', { name: 'Key', exact: true }).inputValue();
    await expectNoSeriousAxeViolations(page);
    await page.getByRole('button', { name: 'Done' }).click();
    expect((await clientOf(server.url)('/v1/status', { key })).json).toMatchObject({ access: 'read' });
    const row = page.getByRole('row').filter({ hasText: HOSTILE });
    expect(await row.locator('img').count()).toBe(0);
    await row.getByRole('button', { name: /^Revoke/ }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
    await row.getByText('revoked').waitFor();
    expect((await clientOf(server.url)('/v1/status', { key })).status).toBe(401);
    expectQuiet();
  });

  it('asks to sign in again when the key was revoked, and loses nothing typed', async () => {
    const made = (await call('/v1/keys', { name: 'soon revoked', role: 'admin' })).json;
    const { page, visit, expectQuiet } = await open({ key: String(made['key']) });
    await visit('Projects and keys');
    await page.getByRole('button', { name: 'New key' }).click();
    await page.getByRole('textbox', { name: 'Name' }).fill('typed before');
    await call(`/v1/keys/${String(made['id'])}`, undefined, 'DELETE');
    await page.getByRole('button', { name: 'Create the key' }).click();
    const again = page.getByRole('dialog', { name: 'Sign in again' });
    await again.getByRole('textbox', { name: 'API key' }).fill(server.rootKey);
    await again.getByRole('button', { name: 'Sign in', exact: true }).click();
    // The very request that was refused is made again, and its answer shown.
    await page.getByRole('textbox', { name: 'Key', exact: true }).waitFor();
    const { data } = (await call('/v1/keys')).json as unknown as { data: { name: string }[] };
    expect(data.filter(({ name }) => name === 'typed before')).toHaveLength(1);
    expectQuiet(REFUSED);
  });

  it('does nothing in another project that was meant for this one', async () => {
    await call('/v1/projects', { name: 'other' });
    const made = (await call('/v1/keys', { name: 'of this project', role: 'admin' })).json;
    const other = (await call('/v1/keys', { name: 'of another', role: 'admin', project: 'other' })).json;
    const { page, visit } = await open({ key: String(made['key']) });
    await visit('Projects and keys');
    await page.getByRole('button', { name: 'New key' }).click();
    await page.getByRole('textbox', { name: 'Name' }).fill('misplaced');
    await call(`/v1/keys/${String(made['id'])}`, undefined, 'DELETE');
    await page.getByRole('button', { name: 'Create the key' }).click();
    const again = page.getByRole('dialog', { name: 'Sign in again' });
    await again.getByRole('textbox', { name: 'API key' }).fill(String(other['key']));
    await again.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByText('Project other', { exact: true }).waitFor();
    await page.getByRole('row').filter({ hasText: 'of another' }).waitFor();
    const { data } = (await clientOf(server.url)('/v1/keys', { key: String(other['key']) })).json as unknown as {
      data: { name: string }[];
    };
    expect(data.map(({ name }) => name)).toEqual(['of another']);
  });

  it('makes a project, shows what it holds, and deletes it when its name is typed', async () => {
    const { page, visit, expectQuiet } = await open();
    await visit('Projects and keys');
    await page.getByRole('tab', { name: 'Projects' }).click();
    await page.getByRole('textbox', { name: 'New project' }).fill('no spaces please');
    await page.getByRole('button', { name: 'Create' }).click();
    await page.getByRole('alert').getByText('/name: must be').waitFor();
    await page.getByRole('textbox', { name: 'New project' }).fill('short-lived');
    await page.getByRole('button', { name: 'Create' }).click();
    await page.getByRole('button', { name: 'Delete the project short-lived' }).click();
    const dialog = page.getByRole('dialog');
    const really = dialog.getByRole('button', { name: 'Delete' });
    await expectNoSeriousAxeViolations(page);
    await dialog.getByRole('textbox').fill('short');
    expect(await really.isDisabled()).toBe(true);
    await dialog.getByRole('textbox').fill('short-lived');
    await really.click();
    await page.getByRole('button', { name: 'Delete the project short-lived' }).waitFor({ state: 'detached' });
    const { data } = (await call('/v1/projects')).json as unknown as { data: { name: string }[] };
    expect(data.map(({ name }) => name)).not.toContain('short-lived');
    await page.getByRole('tab', { name: 'Usage' }).click();
    await page.getByRole('heading', { name: 'Largest collections' }).waitFor();
    await expectNoSeriousAxeViolations(page);
    expectQuiet([/status of 422/]);
  });

  it('switches the project', async () => {
    await call('/v1/projects', { name: 'second' });
    const { page, visit, expectQuiet } = await open();
    await visit('Projects and keys');
    await page.getByRole('row').filter({ hasText: 'soon revoked' }).waitFor();
    await page.getByRole('textbox', { name: 'Project', exact: true }).click();
    await page.getByRole('option', { name: 'second' }).click();
    await page.getByText('This project has no keys').waitFor();
    expectQuiet();
  });

  it('shows what may be done to a key that may do little, and no more', async () => {
    const made = (await call('/v1/keys', { name: 'reader', role: 'read' })).json;
    const { page, visit } = await open({ key: String(made['key']) });
    await visit('Services');
    await page.getByRole('alert').getByText('Forbidden').waitFor();
    expect(await page.getByRole('tab', { name: 'Projects' }).count()).toBe(0);
  });

  it('says where an address leads that leads nowhere', async () => {
    const { page, expectQuiet } = await open({ path: '/no/such/page' });
    await page.getByRole('heading', { level: 1, name: 'No such page' }).waitFor();
    await page.getByRole('link', { name: 'Go to the overview' }).click();
    await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
    expectQuiet();
  });

  it('says so when a page cannot be loaded, and keeps the navigation', async () => {
    const { page, visit } = await open();
    await page.route('**/assets/*.js', async (route) => await route.abort());
    await page.getByRole('link', { name: 'Services' }).click();
    await page.getByRole('alert').getByText('The page could not be loaded').waitFor();
    await page.unroute('**/assets/*.js');
    await visit('Projects and keys');
  });

  it('shows the verdicts of a chaos run', async () => {
    const cell = { cell: 'qdrant-kill', row: '1', title: 'Qdrant is killed', seed: 7, green: true, problems: [] };
    const counts = {
      requests: 9_000,
      failed: {},
      unexcused: 0,
      anomalies: {},
      longestMs: 410,
      searchP99Ms: { warm: 9 },
    };
    const verdict = { seed: 7, green: true, cells: [{ ...cell, ...counts, timeline: [], detectMs: 900 }], notRun: [] };
    const { page, visit, expectQuiet } = await open();
    await visit('Services');
    await page.getByText('No chaos run has been stored here').waitFor();
    const file = { name: 'verdict.json', mimeType: 'application/json', buffer: Buffer.from(JSON.stringify(verdict)) };
    await page.getByRole('region', { name: 'Chaos results' }).locator('input[type=file]').setInputFiles(file);
    await page.getByText('1 of 1 cells green').waitFor();
    await expectNoSeriousAxeViolations(page);
    expectQuiet();
  });

  it('says that the server is gone, and keeps what it showed', async () => {
    const { page } = await open();
    await page.getByRole('table', { name: 'Which service answers what' }).waitFor();
    await server.stop();
    await page.getByRole('alert').getByText('ZeroDB cannot be reached').first().waitFor();
    await page.getByRole('table', { name: 'Which service answers what' }).waitFor();
  });
});
