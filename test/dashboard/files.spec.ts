import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Page, Route } from 'playwright-core';
import { expectNoSeriousAxeViolations, screenshot, signIn } from '../support/dashboard';
import { describeDashboard, type DashboardSuite } from '../support/dashboard-suite';
import { minimalPdf } from '../support/minimal-pdf';
import { pngOf } from '../support/png';

const MIB = 1024 * 1024;
const BUCKET = 'documents';
const [WIDTH, HEIGHT] = [480, 320];
/** A sunset over the sea, more or less. */
const PNG = pngOf(WIDTH, HEIGHT, (x, y) =>
  y > 200
    ? [20, 60 + (y % 16) * 3, 110 + (x % 32)]
    : Math.hypot(x - 330, y - 170) < 40
      ? [255, 220, 120]
      : [250 - y / 2, 150 - y / 3, 90 + y / 3],
);
/** A quarter's sales, a line a day. */
const sales = (quarter: number): string =>
  `date,region,revenue\n${Array.from({ length: 360 }, (_, day) => `2026-${quarter}-${day},north,${100 + ((day * 37) % 90)}`).join('\n')}\n`;
const SCRIPT = '<script>document.title = "run"; top.document.title = "run"</script>';
const HOSTILE_NAME = '<img src=x onerror=alert(1)>\u202ecod.exe';
const SHOWN_NAME = '<img src=x onerror=alert(1)>‹U+202E›cod.exe';

const SHELF: readonly (readonly [string, string, string | Buffer])[] = [
  ['reports/2026/q1.csv', 'text/csv', sales(1)],
  ['reports/2026/q2.csv', 'text/csv', sales(2)],
  ['reports/annual.pdf', 'application/pdf', minimalPdf(['Annual report 2026'])],
  ['images/sunset.png', 'image/png', PNG],
  ['images/logo.svg', 'image/svg+xml', `<svg xmlns="http://www.w3.org/2000/svg">${SCRIPT}</svg>`],
  ['page.html', 'text/html', `<!doctype html><h1>Not run</h1>${SCRIPT}`],
  ['settings.json', 'application/json', '{"theme": "dark", "limits": [1, 2, 3]}'],
  ['notes.txt', 'text/plain', 'Remember the milk.'],
  [`inbox/${HOSTILE_NAME}`, 'application/octet-stream', 'x'],
];

const openBucket = async (suite: DashboardSuite): Promise<Page> => {
  const { page, visit } = await suite.open();
  await visit('Files');
  await page.getByRole('button', { name: BUCKET, exact: true }).click();
  await page.getByRole('heading', { name: `Bucket ${BUCKET}` }).waitFor();
  return page;
};

const choose = async (page: Page, ...files: string[]): Promise<void> => {
  const [chooser] = await Promise.all([
    page.waitForEvent('filechooser'),
    page.getByRole('button', { name: 'Upload files' }).click(),
  ]);
  await chooser.setFiles(files);
};

const uploads = (page: Page) => page.getByRole('region', { name: 'Uploads' });

describeDashboard('the page of files', {}, (suite) => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'zerodb-dashboard-files-'));
    await suite.call(`/v1/buckets/${BUCKET}`, { method: 'PUT', body: { compression: 'zstd' } });
    for (const [key, type, content] of SHELF) {
      await suite.call(`/v1/files/${BUCKET}/${key.split('/').map(encodeURIComponent).join('/')}`, {
        method: 'PUT',
        raw: new Uint8Array(Buffer.from(content)),
        headers: { 'content-type': type },
      });
    }
  });
  afterAll(async () => await rm(folder, { recursive: true, force: true }));

  it('browses by folder, with names as text', async () => {
    const page = await openBucket(suite);
    await page.getByRole('button', { name: 'Folder reports/' }).waitFor();
    await expectNoSeriousAxeViolations(page);
    await screenshot(page, 'files');
    await page.getByRole('button', { name: 'Folder reports/' }).click();
    await page.getByRole('button', { name: 'File annual.pdf' }).waitFor();
    await page.getByRole('button', { name: 'Folder 2026/' }).click();
    await page.getByRole('button', { name: 'File q2.csv' }).waitFor();
    await page.goBack();
    await page.getByRole('button', { name: 'File annual.pdf' }).waitFor();
    await page.getByRole('navigation', { name: 'Where this is' }).getByRole('button', { name: BUCKET }).click();
    await page.getByRole('button', { name: 'Folder inbox/' }).click();
    await page.getByText(SHOWN_NAME, { exact: true }).first().waitFor();
    await page.getByLabel('Keys that begin with').fill('no');
    await page.getByRole('button', { name: 'Go', exact: true }).click();
    await page.getByRole('button', { name: 'File notes.txt' }).waitFor();
  });

  it('previews images, texts, JSON and PDF, and runs nothing of a bucket', async () => {
    const page = await openBucket(suite);
    const title = await page.title();
    const look = async (name: string) => {
      await page.getByRole('button', { name: `File ${name}` }).click();
      return page.getByRole('dialog', { name });
    };
    const close = async () => await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();
    await (await look('page.html')).getByText('<!doctype html><h1>Not run</h1>', { exact: false }).waitFor();
    await expectNoSeriousAxeViolations(page);
    await close();
    await (await look('settings.json')).getByText('"theme": "dark"', { exact: false }).waitFor();
    await close();
    await page.getByRole('button', { name: 'Folder images/' }).click();
    await (await look('logo.svg')).getByText('<svg', { exact: false }).waitFor();
    await close();
    const image = (await look('sunset.png')).getByRole('img', { name: 'Preview of sunset.png' });
    await image.waitFor();
    const width = `document.querySelector('img[alt="Preview of sunset.png"]').naturalWidth`;
    await page.waitForFunction(`${width} === ${WIDTH}`);
    await screenshot(page, 'files-preview');
    await close();
    await page.goBack();
    await page.getByRole('button', { name: 'Folder reports/' }).click();
    await (await look('annual.pdf')).locator('iframe[title="Preview of annual.pdf"]').waitFor();
    expect(await page.title()).toBe(title);
  });

  it('downloads by an address that works for a minute, without the key', async () => {
    const page = await openBucket(suite);
    await page.getByRole('button', { name: 'File notes.txt' }).click();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('dialog').getByRole('button', { name: 'Download' }).click(),
    ]);
    expect(download.suggestedFilename()).toBe('notes.txt');
    expect(download.url()).not.toContain(suite.server().rootKey);
  });

  it('uploads, asks before it replaces, and deletes', async () => {
    suite.expect(/status of 412/);
    const file = path.join(folder, 'greeting.txt');
    const page = await openBucket(suite);
    await writeFile(file, 'hello');
    await choose(page, file);
    await page.getByRole('button', { name: 'File greeting.txt' }).waitFor();
    await writeFile(file, 'hello again');
    await choose(page, file);
    await uploads(page).getByRole('button', { name: 'Replace: greeting.txt' }).click();
    await uploads(page).getByText('2 of 2 done').waitFor();
    expect((await suite.call(`/v1/files/${BUCKET}/greeting.txt`)).text).toBe('hello again');
    await page.getByRole('button', { name: 'Delete greeting.txt' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete', exact: true }).click();
    await page.getByRole('button', { name: 'File greeting.txt' }).waitFor({ state: 'detached' });
  });

  it('takes what is dropped, into the folder that is open', async () => {
    const page = await openBucket(suite);
    await page.getByRole('button', { name: 'Folder reports/' }).click();
    await page.getByRole('button', { name: 'File annual.pdf' }).waitFor();
    const transfer = await page.evaluateHandle(`(() => {
      const transfer = new DataTransfer();
      transfer.items.add(new File(['dropped'], 'dropped ü %25.txt', { type: 'text/plain' }));
      return transfer;
    })()`);
    await page.getByText('or drop them here').dispatchEvent('drop', { dataTransfer: transfer });
    await page.getByRole('button', { name: 'File dropped ü %25.txt' }).waitFor();
    const { text } = await suite.call(`/v1/files/${BUCKET}/reports/${encodeURIComponent('dropped ü %25.txt')}`);
    expect(text).toBe('dropped');
  });

  it('goes on with a large upload where it was, after a pause and after a reload', async () => {
    // There is no such file yet, and its upload was broken off.
    suite.expect(/status of 404/, /ERR_ABORTED/);
    const content = randomBytes(20 * MIB);
    const file = path.join(folder, 'film.bin');
    await writeFile(file, content);
    const sent: string[] = [];
    let isHeld = true;
    const hold = async (route: Route): Promise<void> => {
      const part = /parts\/(\d+)$/.exec(route.request().url())?.[1] ?? '';
      // The last part never arrives, until it may.
      if (isHeld && part === '3') return;
      sent.push(part);
      await route.continue();
    };
    const page = await openBucket(suite);
    await page.route('**/v1/uploads/*/parts/*', hold);
    const stored = ['1', '2'].map((part) => page.waitForResponse((answer) => answer.url().endsWith(`/parts/${part}`)));
    await choose(page, file);
    const row = uploads(page).getByRole('listitem').filter({ hasText: 'film.bin' });
    await row.getByText('16 MiB of 20 MiB').waitFor();
    await screenshot(page, 'files-upload');
    await Promise.all(stored);
    await row.getByRole('button', { name: 'Pause: film.bin' }).click();
    await row.getByText('paused').waitFor();
    expect(sent.sort()).toEqual(['1', '2']);

    isHeld = false;
    await page.reload();
    await signIn(page, suite.server().rootKey);
    await choose(page, file);
    await uploads(page).getByText('1 of 1 done').waitFor();
    expect(sent).toEqual(['1', '2', '3']);
    const { headers } = await suite.call(`/v1/files/${BUCKET}/film.bin`, { method: 'HEAD' });
    expect(headers.get('content-length')).toBe(String(content.length));
  });

  it('offers a reader nothing that writes', async () => {
    // The overview asks for services, which readers may not see.
    suite.expect(/status of 403/);
    const made = await suite.call('/v1/keys', { body: { name: 'reader', role: 'read' } });
    const { page, visit } = await suite.open({ key: String(made.json.key) });
    await visit('Files');
    await page.getByRole('button', { name: BUCKET, exact: true }).click();
    await page.getByRole('button', { name: 'File notes.txt' }).waitFor();
    expect(await page.getByRole('button', { name: /Upload|Delete|New/ }).count()).toBe(0);
    await visit('Events');
    await page.getByText('No topic yet').waitFor();
    expect(await page.getByRole('button', { name: 'New topic' }).count()).toBe(0);
    await visit('Memory');
    await page.getByRole('textbox', { name: 'User' }).fill('ann');
    await page.getByRole('button', { name: 'Show memories' }).click();
    await page.getByText('No memories').waitFor();
    expect(await page.getByRole('tab').allInnerTexts()).toEqual(['Timeline', 'Search']);
  });

  it('fits a phone, and the dark', async () => {
    const { page } = await suite.open({
      path: `/files?bucket=${BUCKET}`,
      width: 390,
      height: 844,
      colorScheme: 'dark',
    });
    await page.getByRole('button', { name: 'File notes.txt' }).waitFor();
    await expectNoSeriousAxeViolations(page);
    expect(await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0);
  });

  it('makes buckets and deletes them, when their name is typed', async () => {
    const { page, visit } = await suite.open();
    await visit('Files');
    await page.getByRole('button', { name: 'New bucket' }).click();
    await page.getByRole('dialog').getByLabel('Name').fill('scratch');
    await page.getByRole('button', { name: 'Make it' }).click();
    await page.getByRole('heading', { name: 'Bucket scratch' }).waitFor();
    await page.getByRole('button', { name: 'Delete bucket' }).click();
    await page.getByLabel('Type its name to confirm').fill('scratch');
    await page.getByRole('dialog').getByRole('button', { name: 'Delete bucket' }).click();
    await page.getByRole('heading', { name: 'Files', exact: true }).waitFor();
    await page.getByRole('button', { name: 'scratch', exact: true }).waitFor({ state: 'detached' });
  });
});
