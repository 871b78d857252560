import { randomBytes } from 'node:crypto';
import type { Browser } from 'playwright-core';
import {
  chromiumPath,
  expectNoSeriousAxeViolations,
  launchBrowser,
  openDashboard,
  screenshot,
  type Dashboard,
} from '../support/dashboard';
import { emptyBucket, firstS3 } from '../support/s3';
import { describeWith, services } from '../support/services';
import { startStack, type Stack } from '../support/stack';
import { eventually } from '../support/eventually';
import { ToxicProxy } from '../support/toxiproxy';

const { postgresUrl, qdrantUrl, toxiproxyUrl, kafkaBrokers } = services;
const BUCKET = `t-${randomBytes(6).toString('hex')}`;
const WORDS = ['harbour', 'lighthouse', 'orchard', 'glacier', 'market', 'library', 'bridge', 'garden'];
/** The map is at most half a second behind the server; the rest is this machine's. */

const needed = chromiumPath && postgresUrl && qdrantUrl && toxiproxyUrl && firstS3 && kafkaBrokers;

/** Real: the product's process, Postgres, Qdrant, the object store, the broker, Chromium, the network. Fake: nothing. */
describeWith(needed)('the dashboard while a service dies', () => {
  let stack: Stack;
  let browser: Browser;
  let dashboard: Dashboard;
  let objectStore: ToxicProxy;
  let traffic: NodeJS.Timeout | undefined;

  const stateOf = async (): Promise<string> => String((await stack.call('GET', '/v1/services/qdrant')).json['state']);
  const search = async () =>
    await stack.call('POST', '/v1/collections/places/search', { query: { vector: [1, 0, 0] }, limit: 5 });
  const put = async (from: number, count: number) =>
    await stack.call('PUT', '/v1/collections/places/records', {
      records: Array.from({ length: count }, (_, index) => ({
        id: `place-${from + index}`,
        vector: [1, (from + index) / 1000, Math.sin(from + index)],
        text: `A ${WORDS[index % WORDS.length]} by the sea`,
        metadata: { kind: WORDS[index % WORDS.length] },
      })),
    });
  const card = (name: string) => dashboard.page.getByRole('region', { name });
  const qdrantCard = () => card('Qdrant');
  const rowOf = (work: string) =>
    dashboard.page
      .getByRole('table', { name: 'Which service answers what' })
      .getByRole('row')
      .filter({ hasText: work });
  const searchRow = () => rowOf('Vector search');

  beforeAll(async () => {
    const { endpoint = '', accessKey = '', secretKey = '' } = firstS3 ?? {};
    objectStore = await ToxicProxy.create(toxiproxyUrl ?? '', new URL(endpoint).host);
    const attached = startStack({
      ZERODB_S3_ENDPOINT: `http://${objectStore.address}`,
      ZERODB_S3_ACCESS_KEY: accessKey,
      ZERODB_S3_SECRET_KEY: secretKey,
      ZERODB_S3_BUCKET: BUCKET,
      ZERODB_KAFKA_BROKERS: kafkaBrokers ?? '',
    });
    [stack, browser] = await Promise.all([attached, launchBrowser()]);
    await stack.call('PUT', '/v1/collections/places', { dimension: 3, metric: 'cosine' });
    await put(0, 500);
    await eventually(search, ({ json }) => json['served_by'] === 'qdrant' && json['degraded'] === false);
    traffic = setInterval(() => void search().catch(() => undefined), 50);
    dashboard = await openDashboard(browser, stack.server.url, { key: stack.server.rootKey, height: 1_400 });
  });
  afterAll(async () => {
    clearInterval(traffic);
    await browser?.close();
    await stack?.drop();
    await objectStore?.remove();
    if (firstS3) await emptyBucket(firstS3, BUCKET);
  });

  it('shows that Qdrant is gone, who took over, and what is queued', async () => {
    const { page } = dashboard;
    await searchRow().getByText('Qdrant, checked against Postgres').waitFor();
    await page.waitForTimeout(8_000);
    await screenshot(page, 'overview');
    await stack.qdrant.setEnabled(false);
    await eventually(stateOf, (state) => state === 'down', 10_000);
    await qdrantCard().getByText('down', { exact: true }).waitFor();
    await searchRow().getByText('pgvector in Postgres').waitFor();
    await searchRow().getByText('stand-in').waitFor();
    await put(500, 40);
    await searchRow().getByText('40 records on the way to Qdrant').waitFor();
    await page.getByRole('region', { name: 'The last changes of state' }).getByText('down').first().waitFor();
    await expectNoSeriousAxeViolations(page);
    await page.waitForTimeout(4_000);
    await screenshot(page, 'overview-failover');
  });

  it('shows that it comes back, and that nothing waits any more', async () => {
    await stack.qdrant.setEnabled(true);
    await qdrantCard().getByText('up', { exact: true }).waitFor();
    await searchRow().getByText('Qdrant, checked against Postgres').waitFor();
    dashboard.expectQuiet();
  });

  it('shows files waiting in the spool while the object store is away', async () => {
    await stack.call('PUT', '/v1/buckets/photos', {});
    const { page } = dashboard;
    await objectStore.setEnabled(false);
    await card('Object store').getByText('down', { exact: true }).waitFor();
    const files = rowOf('Files');
    await files.getByText('spool in Postgres').waitFor();
    expect((await stack.call('PUT', '/v1/files/photos/note.txt', randomBytes(80_000).toString('base64'))).status).toBe(
      201,
    );
    await files.getByText('1 file on the way to the object store').waitFor();
    await objectStore.setEnabled(true);
    await card('Object store').getByText('up', { exact: true }).waitFor();
    await page.evaluate(`document.querySelector('[aria-label="Timeline"]').scrollIntoView()`);
    await page.evaluate('scrollBy(0, -80)');
    await screenshot(page, 'timeline');
    dashboard.expectQuiet();
  });

  it('drains and restores a service by hand', async () => {
    const { page, visit } = dashboard;
    await visit('Services');
    await page.getByRole('button', { name: 'Drain Qdrant' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('textbox', { name: 'Reason' }).fill('an upgrade');
    await dialog.getByRole('button', { name: 'Drain' }).click();
    await qdrantCard().getByText('drained', { exact: true }).waitFor();
    expect((await search()).json).toMatchObject({ served_by: 'pgvector' });
    await qdrantCard()
      .getByText(/an upgrade/)
      .first()
      .waitFor();
    await page.getByRole('button', { name: 'Restore Qdrant' }).click();
    await dialog.getByRole('button', { name: 'Restore' }).click();
    await qdrantCard()
      .getByText(/^(up|suspect)$/)
      .waitFor();
    dashboard.expectQuiet();
  });

  it('builds a copy anew, and shows how far it is', async () => {
    const { page } = dashboard;
    await page.getByRole('button', { name: 'Rebuild Qdrant' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Rebuild' }).click();
    await qdrantCard().getByText('succeeded').waitFor();
    await eventually(search, ({ json }) => json['served_by'] === 'qdrant', 5_000);
    expect((await stack.call('GET', '/v1/consistency')).json['data']).toMatchObject([
      { state: 'serving', build: null },
    ]);
    await qdrantCard().getByRole('button', { name: 'History' }).click();
    await page.getByRole('table', { name: 'History of Qdrant' }).getByText('drained').first().waitFor();
    await expectNoSeriousAxeViolations(page);
    await screenshot(page, 'services');
    dashboard.expectQuiet();
  });

  it('compares the copies with the record on demand', async () => {
    const { page, visit } = dashboard;
    await visit('Overview');
    await page.getByRole('button', { name: 'Compare now' }).click();
    await page.getByRole('region', { name: 'Drift meter' }).getByText('succeeded').waitFor();
    dashboard.expectQuiet();
  });

  it('goes on showing what it knows when Postgres itself is gone', async () => {
    const { page } = dashboard;
    await stack.postgres.setEnabled(false);
    try {
      await card('Postgres').getByText('down', { exact: true }).waitFor();
      await rowOf('Records and memory').getByText('writes wait for it').waitFor();
      await searchRow()
        .getByText(/Qdrant alone|nobody/)
        .waitFor();
      await expectNoSeriousAxeViolations(page);
    } finally {
      await stack.postgres.setEnabled(true);
    }
    await card('Postgres').getByText('up', { exact: true }).waitFor();
    await rowOf('Records and memory').getByText('as preferred').waitFor();
    dashboard.expectQuiet([/status of 503/]);
  });
});
