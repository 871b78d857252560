import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import axe, { type AxeResults } from 'axe-core';
import { chromium, type Browser, type Page } from 'playwright-core';
import { packageRoot } from '../../src/config';

/** Debian's Chromium, or the one that `CHROMIUM_PATH` names. Without one the suites of the dashboard are skipped. */
export const chromiumPath: string | undefined = [
  process.env.CHROMIUM_PATH,
  ...(process.env.PATH ?? '').split(path.delimiter).map((folder) => path.join(folder, 'chromium')),
].find((file) => file !== undefined && file !== '' && existsSync(file));

/** What a test may expect a page to report: the answers that it provoked. */
export type Expected = readonly RegExp[];

/** The dashboard in a window of its own. */
export interface Dashboard {
  readonly page: Page;
  /** Goes to a page by the navigation, as a person does: another address would be another sign-in. */
  readonly visit: (name: string) => Promise<void>;
  /** Fails on errors of scripts, refusals of the content security policy, and failed requests that are not `expected`. */
  readonly expectQuiet: (expected?: Expected) => void;
  readonly close: () => Promise<void>;
}

export interface DashboardOptions {
  /** Behind `/admin`. */
  readonly path?: string;
  /** Signs in with it; without it the sign-in page is left as it is. */
  readonly key?: string | undefined;
  readonly width?: number;
  readonly height?: number;
  readonly colorScheme?: 'light' | 'dark';
}

export const launchBrowser = (): Promise<Browser> =>
  chromium.launch({
    ...(chromiumPath === undefined ? {} : { executablePath: chromiumPath }),
    // The sandbox of the browser needs rights that a container does not have; it loads nothing but the product.
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'],
  });

export async function openDashboard(
  browser: Browser,
  url: string,
  { path: address = '', key, width = 1280, height = 800, colorScheme = 'light' }: DashboardOptions = {},
): Promise<Dashboard> {
  const context = await browser.newContext({ viewport: { width, height }, reducedMotion: 'reduce', colorScheme });
  const page = await context.newPage();
  page.setDefaultTimeout(120_000);
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(`script: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(`console: ${message.text()}`);
  });
  await page.goto(`${url}/admin${address}`);
  if (key !== undefined) await signIn(page, key);
  return {
    page,
    visit: async (name) => {
      const link = page.getByRole('navigation').getByRole('link', { name, exact: true });
      await link.click();
      await link.and(page.locator('[aria-current=page]')).waitFor();
      await page.getByRole('main').getByRole('heading', { level: 1 }).waitFor();
    },
    expectQuiet: (expected = []) =>
      expect(problems.filter((problem) => !expected.some((one) => one.test(problem)))).toEqual([]),
    close: async () => await context.close(),
  };
}

export async function signIn(page: Page, key: string): Promise<void> {
  await page.getByRole('textbox', { name: 'API key' }).fill(key);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.getByRole('button', { name: 'Sign out', exact: true }).waitFor();
  await page.getByRole('main').getByRole('heading', { level: 1 }).waitFor();
}

/** Looks for what keeps people from using the page (WCAG 2 A and AA); only what is serious or critical counts. */
export async function expectNoSeriousAxeViolations(page: Page): Promise<void> {
  await page.evaluate(axe.source);
  const results = await page.evaluate<AxeResults>(`axe.run(document, { resultTypes: ['violations'] })`);
  const serious = results.violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  expect(serious.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 200)).join(' | ')}`)).toEqual(
    [],
  );
}

/**
 * The page as the documentation shows it, in `docs/images`. A picture that is there stays, so that a test run changes no
 * committed file; `ZERODB_SCREENSHOTS=1` takes them all anew.
 */
export async function screenshot(page: Page, name: string): Promise<void> {
  const folder = path.join(packageRoot(), 'docs', 'images');
  const file = path.join(folder, `dashboard-${name}.png`);
  if (existsSync(file) && process.env.ZERODB_SCREENSHOTS !== '1') return;
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: file, animations: 'disabled', caret: 'hide' });
}
