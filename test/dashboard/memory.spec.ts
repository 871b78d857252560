import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { expectNoSeriousAxeViolations, screenshot, signIn } from '../support/dashboard';
import { describeDashboard, type DashboardSuite } from '../support/dashboard-suite';
import { clientOf } from '../support/http';

const USER = 'ann';
const HOSTILE = '<img src=x onerror="document.title=1"><script>document.title = 2</script> \u202eright to left';

const said = (content: string, valid_from: string) => ({ user_id: USER, content, valid_from });

/** Some years of a person's life, in the order in which they were told. */
const LIFE = [
  said('I live in Berlin.', '2023-02-01T09:00:00Z'),
  said('I work at Siemens.', '2023-02-01T09:00:00Z'),
  said('My favourite colour is green.', '2023-06-10T18:00:00Z'),
  said('I live in Lisbon.', '2024-09-15T08:00:00Z'),
  said('I work at Unbabel.', '2024-10-01T08:00:00Z'),
  said('My phone number is 555 0101.', '2024-10-02T08:00:00Z'),
  said('My favourite colour is blue.', '2025-03-20T12:00:00Z'),
  said('My phone number is 555 0199.', '2025-11-05T10:00:00Z'),
];

const openMemory = async (suite: DashboardSuite, user: string): Promise<Page> => {
  const { page, visit } = await suite.open();
  await visit('Memory');
  await page.getByRole('textbox', { name: 'User' }).fill(user);
  await page.getByRole('button', { name: 'Show memories' }).click();
  await page.getByRole('tab', { name: 'Timeline' }).waitFor();
  return page;
};

const memories = (page: Page) => page.getByRole('list', { name: 'Memories, newest first' }).getByRole('listitem');

/** Erased files are gone sooner than in a minute. */
const HASTY = { ZERODB_FILES_GRACE_SECONDS: '1', ZERODB_FILES_SWEEP_SECONDS: '1' };

describeDashboard('the page of memory', HASTY, (suite) => {
  beforeAll(async () => {
    for (const memory of LIFE) await suite.call('/v1/memories', { body: memory });
    await suite.call('/v1/memories', { body: { user_id: USER, content: 'I am allergic to nuts.', wait: 'indexed' } });
  });

  it('shows what is valid and what was superseded, as bars in time and in words', async () => {
    const page = await openMemory(suite, USER);
    await page.getByRole('heading', { name: 'Facts through time' }).waitFor();
    const berlin = memories(page).filter({ hasText: 'I live in Berlin.' });
    await berlin.getByText('superseded', { exact: true }).waitFor();
    await memories(page).filter({ hasText: 'I live in Lisbon.' }).getByText('valid', { exact: true }).waitFor();
    expect(await memories(page).count()).toBe(LIFE.length + 1);
    await expectNoSeriousAxeViolations(page);
    await screenshot(page, 'memory');
    await page.getByRole('switch', { name: 'With what is superseded or over' }).click();
    await berlin.waitFor({ state: 'detached' });
    await page.getByLabel('Valid at (your time)').fill('2024-01-01T12:00');
    await berlin.waitFor();
    await berlin.getByRole('button', { name: 'History' }).click();
    const history = page.getByRole('dialog');
    await history.getByText('I live in Lisbon.').waitFor();
    await expectNoSeriousAxeViolations(page);
  });

  it('recalls, and explains the order', async () => {
    const page = await openMemory(suite, USER);
    await page.getByRole('tab', { name: 'Search' }).click();
    await page.getByLabel('Question').fill('Which city is my home?');
    await page.getByRole('button', { name: 'Recall' }).click();
    const found = page.getByRole('list', { name: 'Recalled memories, best first' }).getByRole('listitem');
    await found.first().getByText('I live in Lisbon.').waitFor();
    await found
      .first()
      .getByText(/^Score \d+\.\d+: why$/)
      .click();
    await found.first().getByRole('cell', { name: 'By meaning' }).waitFor();
    await expectNoSeriousAxeViolations(page);
    await screenshot(page, 'memory-search');
  });

  it('learns, shows hostile text as text, takes back and forgets', async () => {
    const page = await openMemory(suite, 'mallory');
    await page.getByText('No memories').waitFor();
    await page.getByRole('tab', { name: 'Add' }).click();
    const title = await page.title();
    for (const text of ['I live in Rome.', 'I live in Oslo.', HOSTILE]) {
      await page.getByLabel('Text to remember').fill(text);
      await page.getByRole('button', { name: 'Remember' }).click();
      await page.getByRole('status').getByText(text.slice(0, 10)).first().waitFor();
    }
    await page.getByRole('tab', { name: 'Timeline' }).click();
    await memories(page).getByText('<img src=x', { exact: false }).waitFor();
    expect([await page.locator('main img').count(), await page.title()]).toEqual([0, title]);
    const oslo = memories(page).filter({ hasText: 'I live in Oslo.' });
    await oslo.getByRole('button', { name: 'Undo last change' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Undo last change' }).click();
    await oslo.waitFor({ state: 'detached' });
    const rome = memories(page).filter({ hasText: 'I live in Rome.' });
    await rome.getByText('valid', { exact: true }).waitFor();
    await rome.getByRole('button', { name: 'Forget' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Forget' }).click();
    await rome.waitFor({ state: 'detached' });
  });

  it('keeps what was typed when the key is revoked, and goes on with another', async () => {
    suite.expect(/status of 401/);
    const made = await suite.call('/v1/keys', { body: { name: 'short', role: 'admin' } });
    const { page, visit } = await suite.open({ key: String(made.json.key) });
    await visit('Memory');
    await page.getByRole('textbox', { name: 'User' }).fill('carl');
    await page.getByRole('button', { name: 'Show memories' }).click();
    await page.getByRole('tab', { name: 'Add' }).click();
    await page.getByLabel('Text to remember').fill('I live in Vienna.');
    await clientOf(suite.server().url)(`/v1/keys/${String(made.json.id)}`, {
      method: 'DELETE',
      key: suite.server().rootKey,
    });
    await page.getByRole('button', { name: 'Remember' }).click();
    await page.getByRole('dialog', { name: 'Sign in again' }).waitFor();
    expect(await page.getByLabel('Text to remember').inputValue()).toBe('I live in Vienna.');
    await signIn(page, suite.server().rootKey);
    await page.getByRole('status').getByText('I live in Vienna.').waitFor();
  });

  it('erases a person and gives a receipt to keep', async () => {
    await suite.call('/v1/memories', { body: { user_id: 'eve', content: 'I live in Paris.' } });
    await suite.call('/v1/buckets/letters', { method: 'PUT', body: {} });
    const headers = { 'zerodb-meta-user_id': 'eve', 'content-type': 'text/plain' };
    await suite.call('/v1/files/letters/eve.txt', { method: 'PUT', raw: 'Dear Eve', headers });
    await suite.call('/v1/topics/visits', { method: 'PUT', body: {} });
    await suite.call('/v1/topics/visits/events', { body: { events: [{ type: 'visit', key: 'eve', data: {} }] } });
    const page = await openMemory(suite, 'eve');
    await page.getByRole('tab', { name: 'Erase' }).click();
    const erase = page.getByRole('button', { name: 'Erase', exact: true });
    expect(await erase.isDisabled()).toBe(true);
    await page.getByLabel('To confirm, type eve').fill('eve');
    await erase.click();
    await page.getByText('Complete: every part confirmed', { exact: false }).waitFor();
    await page.getByRole('cell', { name: 'files: 1, uploads: 0' }).waitFor();
    await expectNoSeriousAxeViolations(page);
    await screenshot(page, 'memory-erasure');
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Download' }).click(),
    ]);
    const receipt: unknown = JSON.parse(await readFile(await download.path(), 'utf8'));
    expect(receipt).toMatchObject({ user_id: 'eve', complete: true, pending: [] });
    await page.getByRole('tab', { name: 'Timeline' }).click();
    await page.getByText('No memories').waitFor();
    await page.reload();
    await signIn(page, suite.server().rootKey);
    await page.getByRole('tab', { name: 'Erase' }).click();
    await page.getByRole('button', { name: 'Show the receipt' }).click();
    await page.getByText('Complete: every part confirmed', { exact: false }).waitFor();
  });

  it('suggests users to administrators', async () => {
    const { page, visit } = await suite.open();
    await visit('Memory');
    await page.getByRole('textbox', { name: 'User' }).fill('an');
    await page.getByRole('option', { name: USER }).click();
    await memories(page).first().waitFor();
  });

  it('fits a phone, and the dark', async () => {
    const { page, visit } = await suite.open({ width: 390, height: 844, colorScheme: 'dark' });
    await page.getByRole('button', { name: 'Navigation' }).click();
    await visit('Memory');
    await page.getByRole('textbox', { name: 'User' }).fill(USER);
    await page.getByRole('button', { name: 'Show memories' }).click();
    await memories(page).first().waitFor();
    await expectNoSeriousAxeViolations(page);
    expect(await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0);
  });
});
