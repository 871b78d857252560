import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Browser } from 'playwright-core';
import {
  chromiumPath,
  expectNoSeriousAxeViolations,
  launchBrowser,
  openDashboard,
  type Dashboard,
} from '../support/dashboard';
import { emptyBucket, firstS3 } from '../support/s3';
import { describeWith, services } from '../support/services';
import { startStack, type Stack } from '../support/stack';
import { eventually } from '../support/eventually';
import { ToxicProxy } from '../support/toxiproxy';

const { postgresUrl, qdrantUrl, toxiproxyUrl } = services;
const needed = chromiumPath && postgresUrl && qdrantUrl && toxiproxyUrl && firstS3;
const BUCKET = `t-${randomBytes(6).toString('hex')}`;
const MIB = 1024 * 1024;
/** For so long the page takes a list that it has read as it is. */
const STALE_MS = 6_000;

/** Real: the product's process, Postgres, Qdrant, the object store, Chromium, the network. Fake: nothing. */
describeWith(needed)('memory, files and events while a service is away', () => {
  let stack: Stack;
  let browser: Browser;
  let dashboard: Dashboard;
  let objectStore: ToxicProxy;
  let folder: string;

  const stateOf = async (service: string): Promise<string> =>
    String((await stack.call('GET', `/v1/services/${service}`)).json['state']);
  const recall = async () =>
    await stack.call('POST', '/v1/memories/search', { user_id: 'ann', query: 'Which city is my home?' });

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'zerodb-dashboard-served-'));
    const { endpoint = '', accessKey = '', secretKey = '' } = firstS3 ?? {};
    objectStore = await ToxicProxy.create(toxiproxyUrl ?? '', new URL(endpoint).host);
    const attached = startStack({
      ZERODB_S3_ENDPOINT: `http://${objectStore.address}`,
      ZERODB_S3_ACCESS_KEY: accessKey,
      ZERODB_S3_SECRET_KEY: secretKey,
      ZERODB_S3_BUCKET: BUCKET,
    });
    [stack, browser] = await Promise.all([attached, launchBrowser()]);
    await stack.call('PUT', '/v1/buckets/films', {});
    await stack.call('PUT', '/v1/topics/orders', {});
    await stack.call('POST', '/v1/memories', { user_id: 'ann', content: 'I live in Lisbon.', wait: 'indexed' });
    await eventually(recall, ({ json }) => json['served_by'] === 'qdrant');
  });
  beforeEach(async () => {
    dashboard = await openDashboard(browser, stack.server.url, { key: stack.server.rootKey });
  });
  afterEach(async () => await dashboard.close());
  afterAll(async () => {
    await browser?.close();
    await stack?.drop();
    await objectStore?.remove();
    if (firstS3) await emptyBucket(firstS3, BUCKET);
    await rm(folder, { recursive: true, force: true });
  });

  it('finishes an upload in the spool when the object store dies under it, and shows it going home', async () => {
    const { page, visit } = dashboard;
    const file = path.join(folder, 'film.bin');
    await writeFile(file, randomBytes(20 * MIB));
    await visit('Files');
    await page.getByRole('button', { name: 'films', exact: true }).click();
    // Before any part has arrived: one that the store has already could not be read while it is away.
    await page.route('**/v1/uploads/*/parts/*', async (route) => {
      await objectStore.setEnabled(false);
      await route.continue();
    });
    const [chooser] = await Promise.all([
      page.waitForEvent('filechooser'),
      page.getByRole('button', { name: 'Upload files' }).click(),
    ]);
    await chooser.setFiles(file);
    // A part may be refused while the store is only suspected: it is sent again.
    await page.getByText('1 of 1 done').waitFor();
    const row = page.getByRole('row').filter({ hasText: 'film.bin' });
    await row.getByText('spool', { exact: true }).waitFor();
    await expectNoSeriousAxeViolations(page);
    await objectStore.setEnabled(true);
    await eventually(
      () => stateOf('object_store'),
      (state) => state === 'up',
      45_000,
    );
    const location = async (): Promise<unknown> =>
      (await stack.call('GET', '/v1/files/films?prefix=film.bin')).json['data'];
    await eventually(location, (data) => JSON.stringify(data).includes('"location":"object_store"'), 60_000);
    await page.getByRole('navigation', { name: 'Where this is' }).getByRole('button', { name: 'Buckets' }).click();
    await page.waitForTimeout(STALE_MS);
    await page.getByRole('button', { name: 'films', exact: true }).click();
    await row.getByText('object_store', { exact: true }).waitFor();
  });

  it('recalls without Qdrant and without Postgres, says so, and keeps what could not be added', async () => {
    const { page, visit } = dashboard;
    await visit('Memory');
    await page.getByRole('textbox', { name: 'User' }).fill('ann');
    await page.getByRole('button', { name: 'Show memories' }).click();
    await page.getByRole('tab', { name: 'Search' }).click();
    await page.getByLabel('Question').fill('Which city is my home?');
    const recalled = page.getByRole('list', { name: 'Recalled memories, best first' });
    const ask = async () => await page.getByRole('button', { name: 'Recall' }).click();
    await ask();
    await page.getByText('served by qdrant').waitFor();
    await stack.qdrant.setEnabled(false);
    await eventually(
      () => stateOf('qdrant'),
      (state) => state === 'down',
    );
    await ask();
    await page.getByText('served by pgvector').waitFor();
    await recalled.getByText('I live in Lisbon.').waitFor();
    await stack.qdrant.setEnabled(true);
    await eventually(recall, ({ json }) => json['served_by'] === 'qdrant', 60_000);

    await stack.postgres.setEnabled(false);
    await eventually(recall, ({ json }) => json['degraded'] === true, 30_000);
    await ask();
    await page.getByText('Degraded').waitFor();
    await recalled.getByText('I live in Lisbon.').waitFor();
    await page.getByRole('tab', { name: 'Add' }).click();
    await page.getByLabel('Text to remember').fill('I live in Porto.');
    await page.getByRole('button', { name: 'Remember' }).click();
    await page.getByRole('alert').first().waitFor();
    expect(await page.getByLabel('Text to remember').inputValue()).toBe('I live in Porto.');
    await stack.postgres.setEnabled(true);
    await eventually(
      () => stack.call('GET', '/v1/memories?user_id=ann'),
      ({ status }) => status === 200,
      60_000,
    );
    await page.getByRole('button', { name: 'Remember' }).click();
    await page.getByRole('status').getByText('I live in Porto.').first().waitFor();
  });

  it('goes on with the tail of a topic when Postgres is back, and misses nothing', async () => {
    const { page, visit } = dashboard;
    const publish = (type: string) => stack.call('POST', '/v1/topics/orders/events', { events: [{ type, data: {} }] });
    const lines = page.getByRole('list', { name: 'Events, newest first' }).getByRole('listitem');
    await publish('order.first');
    await visit('Events');
    await page.getByRole('button', { name: 'orders', exact: true }).click();
    await lines.filter({ hasText: 'order.first' }).waitFor();
    await stack.postgres.setEnabled(false);
    await page.waitForTimeout(3_000);
    await stack.postgres.setEnabled(true);
    await eventually(
      () => publish('order.second'),
      ({ status }) => status === 200,
      60_000,
    );
    await lines.filter({ hasText: 'order.second' }).first().waitFor();
    expect(await lines.filter({ hasText: 'order.first' }).count()).toBe(1);
  });
});
