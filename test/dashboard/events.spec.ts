import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Page } from 'playwright-core';
import { expectNoSeriousAxeViolations, screenshot } from '../support/dashboard';
import { describeDashboard, type DashboardSuite } from '../support/dashboard-suite';

const TOPIC = 'orders';
const HOSTILE = '<img src=x onerror=alert(1)>\u202etxet';
const CUSTOMERS = ['acme', 'globex', 'initech', 'umbrella'];

const order = (number: number, type = 'order.placed', extra: object = {}) => ({
  id: `o-${number}`,
  type,
  key: CUSTOMERS[number % CUSTOMERS.length],
  data: { order: 1000 + number, total: 20 + ((number * 37) % 400), currency: 'EUR', ...extra },
});

const openTopic = async (suite: DashboardSuite, tab?: string): Promise<Page> => {
  const { page, visit } = await suite.open();
  await visit('Events');
  await page.getByRole('button', { name: TOPIC, exact: true }).click();
  await page.getByRole('heading', { name: `Topic ${TOPIC}` }).waitFor();
  if (tab !== undefined) await page.getByRole('tab', { name: tab }).click();
  return page;
};

const events = (page: Page) => page.getByRole('list', { name: 'Events, newest first' }).getByRole('listitem');

describeDashboard('the page of events', { ZERODB_WEBHOOK_PRIVATE_ADDRESSES: 'allow' }, (suite) => {
  let receiver: Server;
  let answer = 500;
  const received: string[] = [];
  const publish = async (...list: object[]): Promise<void> =>
    void (await suite.call(`/v1/topics/${TOPIC}/events`, { body: { events: list } }));

  beforeAll(async () => {
    receiver = createServer((request, response) => {
      request.resume();
      if (answer < 300) received.push(String(request.headers['webhook-id']));
      response.writeHead(answer).end();
    });
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
    await suite.call(`/v1/topics/${TOPIC}`, { method: 'PUT', body: {} });
    const { port } = receiver.address() as AddressInfo;
    const hook = { url: `http://127.0.0.1:${port}/`, topics: [TOPIC], types: ['order.refused'], max_attempts: 1 };
    await suite.call('/v1/webhooks/billing', { method: 'PUT', body: hook });
    await publish(...Array.from({ length: 40 }, (_, index) => order(index)));
    await suite.call(`/v1/topics/${TOPIC}/groups/warehouse/poll`, { body: { limit: 10, lease_ms: 600_000 } });
  });
  afterAll(async () => await new Promise((resolve) => receiver.close(resolve)));

  it('follows a topic as it happens, filtered, with a pause that misses nothing', async () => {
    suite.expect(/status of 422/);
    const page = await openTopic(suite);
    await events(page).first().getByText('order.placed').waitFor();
    expect(await events(page).count()).toBe(40);
    await publish(order(40, 'order.paid', { note: HOSTILE }));
    await events(page).first().getByText('order.paid').waitFor();
    await events(page).first().getByText(HOSTILE, { exact: false }).first().waitFor();
    expect(await page.locator('main img').count()).toBe(0);
    await expectNoSeriousAxeViolations(page);
    await screenshot(page, 'events');

    await page.getByRole('button', { name: 'Pause' }).click();
    await publish(order(41, 'order.paid'), order(42, 'order.paid'));
    await page.getByText('paused', { exact: true }).waitFor();
    expect(await events(page).count()).toBe(41);
    await page.getByRole('button', { name: 'Go on' }).click();
    await page.getByText('43 events came').waitFor();

    await page.getByLabel('Types').fill('order.paid');
    await page.getByLabel('Filter on the event, as JSON').fill('{"data.order": {"$gt": 1040}}');
    await page.getByRole('button', { name: 'Follow' }).click();
    await page.getByText('2 events came').waitFor();
    expect(await events(page).count()).toBe(2);
    await page.getByLabel('Filter on the event, as JSON').fill('{"data.order": {"$nonsense": 1}}');
    await page.getByRole('button', { name: 'Follow' }).click();
    await page.getByRole('alert').waitFor();
  });

  it('comes back by itself when the stream breaks, and shows nothing twice', async () => {
    suite.expect(/ERR_INTERNET_DISCONNECTED/);
    const page = await openTopic(suite);
    await events(page).first().waitFor();
    const before = await events(page).count();
    await page.context().setOffline(true);
    await publish(order(50, 'order.late'));
    await page.context().setOffline(false);
    await events(page).first().getByText('order.late').waitFor();
    expect(await events(page).count()).toBe(before + 1);
  });

  it('shows who is behind, and sends a group back', async () => {
    await suite.call(`/v1/topics/${TOPIC}/groups/analytics/poll`, { body: { limit: 1, start: 'latest' } });
    const page = await openTopic(suite, 'Consumers');
    for (let round = 0; round < 3; round += 1) {
      await publish(...Array.from({ length: 5 + 10 * round }, (_, index) => order(100 + 50 * round + index)));
      await page.waitForResponse(/groups\/warehouse$/);
    }
    const row = page.getByRole('row').filter({ hasText: 'warehouse' });
    await row.getByText('group').waitFor();
    await page
      .getByRole('figure')
      .getByText(/group warehouse: \d+ events/)
      .waitFor();
    await expectNoSeriousAxeViolations(page);
    await screenshot(page, 'events-consumers');
    await row.getByRole('button', { name: 'Let the group warehouse read all again' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Read all again' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
  });

  it('shows dead letters and why they died, replays one and gives one up', async () => {
    await publish(order(60, 'order.refused'), order(61, 'order.refused'));
    const page = await openTopic(suite, 'Dead letters');
    const letters = page.getByRole('list', { name: 'Dead letters, oldest first' }).getByRole('listitem');
    await letters.filter({ hasText: 'o-60' }).waitFor();
    await letters.filter({ hasText: 'o-61' }).getByText('webhook:billing').waitFor();
    await expectNoSeriousAxeViolations(page);
    await screenshot(page, 'events-dead-letters');
    answer = 200;
    await page.getByRole('button', { name: 'Replay the event o-60' }).click();
    await letters.filter({ hasText: 'o-60' }).waitFor({ state: 'detached' });
    expect(received).toHaveLength(1);
    await page.getByRole('button', { name: 'Discard the event o-61' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Discard' }).click();
    await page.getByText('No dead letters').waitFor();
    expect(received).toHaveLength(1);
  });

  it('publishes a test event', async () => {
    const page = await openTopic(suite, 'Publish');
    await page.getByLabel('Data, as JSON').fill('{"broken": ');
    expect(await page.getByRole('button', { name: 'Publish' }).isDisabled()).toBe(true);
    await page.getByLabel('Data, as JSON').fill('{"from": "the dashboard"}');
    await page.getByRole('button', { name: 'Publish' }).click();
    await page.getByText(/It has offset \d+/).waitFor();
    await page.getByRole('tab', { name: 'Live tail' }).click();
    await events(page).first().getByText('the dashboard', { exact: false }).waitFor();
  });

  it('fits a phone, and the dark', async () => {
    const { page } = await suite.open({ path: `/events?topic=${TOPIC}`, width: 390, height: 844, colorScheme: 'dark' });
    await events(page).first().locator('summary').click();
    for (const tab of ['Live tail', 'Consumers', 'Dead letters', 'Publish']) {
      await page.getByRole('tab', { name: tab }).click();
      await page.getByRole('tabpanel').waitFor();
      await expectNoSeriousAxeViolations(page);
      expect(await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0);
    }
  });

  it('makes topics and deletes them, when their name is typed', async () => {
    const { page, visit } = await suite.open();
    await visit('Events');
    await page.getByRole('button', { name: 'New topic' }).click();
    await page.getByRole('dialog').getByLabel('Name').fill('scratch');
    await page.getByRole('button', { name: 'Make it' }).click();
    await page.getByRole('heading', { name: 'Topic scratch' }).waitFor();
    await page.getByText('No events yet').waitFor();
    await page.getByRole('button', { name: 'Delete topic' }).click();
    await page.getByLabel('Type its name to confirm').fill('scratch');
    await page.getByRole('dialog').getByRole('button', { name: 'Delete topic' }).click();
    await page.getByRole('button', { name: TOPIC, exact: true }).waitFor();
    await page.getByRole('button', { name: 'scratch', exact: true }).waitFor({ state: 'detached' });
  });
});
