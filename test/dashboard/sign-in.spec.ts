import type { Browser, Page } from 'playwright-core';
import {
  chromiumPath,
  expectNoSeriousAxeViolations,
  launchBrowser,
  openDashboard,
  screenshot,
  type Dashboard,
} from '../support/dashboard';
import { freePort } from '../support/free-port';
import { startOidcProvider, type TestProvider } from '../support/oidc-provider';
import { startServer, type TestServer } from '../support/server';
import { describeWith } from '../support/services';

/** Real: the embedded product, the built dashboard, Chromium, `oidc-provider` with its own pages. Fake: nothing. */
describeWith(chromiumPath)('signing in at an identity provider', () => {
  let provider: TestProvider;
  let server: TestServer;
  let browser: Browser;
  let dashboard: Dashboard | undefined;

  beforeAll(async () => {
    const port = await freePort();
    provider = await startOidcProvider(`http://127.0.0.1:${port}/admin/sign-in`);
    [server, browser] = await Promise.all([
      startServer({
        ZERODB_PORT: String(port),
        ZERODB_OIDC_ISSUER: provider.issuer,
        ZERODB_OIDC_AUDIENCE: 'zerodb',
        ZERODB_OIDC_ROLE_CLAIM: 'scope',
        ZERODB_OIDC_CLIENT_ID: 'dashboard',
        ZERODB_OIDC_SCOPE: 'admin',
        ZERODB_OIDC_RESOURCE: 'https://browser.test',
        ZERODB_OIDC_LABEL: 'Example',
      }),
      launchBrowser(),
    ]);
  });
  afterEach(async () => await dashboard?.close());
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
    await provider?.stop();
  });

  const open = async (): Promise<Dashboard> => (dashboard = await openDashboard(browser, server.url));

  const signIn = async (page: Page): Promise<void> => {
    await page.getByRole('button', { name: 'Sign in with Example' }).click();
    await page.locator('input[name=login]').fill('eve');
    await page.locator('input[name=password]').fill('any');
    await page.locator('button[type=submit]').click();
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
  };

  it('gives the rights of the token, keeps nothing of it, and ends with it', async () => {
    const { page, expectQuiet } = await open();
    await page.getByRole('button', { name: 'Sign in with Example' }).waitFor();
    await expectNoSeriousAxeViolations(page);
    await screenshot(page, 'sign-in-provider');
    await signIn(page);
    const startedAt = Date.now();
    expect(new URL(page.url()).pathname).toMatch(/^\/admin\/?$/);
    const places = '[location.href, JSON.stringify(localStorage), JSON.stringify(sessionStorage), document.cookie]';
    expect(await page.evaluate<string>(`${places}.join(' ')`)).not.toMatch(/eyJ|verifier|code=/);
    await page.getByText('Project default', { exact: true }).waitFor();
    // Without a request: what is shown must not stay when the token is over.
    await page.getByText('Your session has ended').waitFor();
    expect(Date.now() - startedAt).toBeLessThan(15_000);
    await page.getByRole('textbox', { name: 'API key' }).waitFor();
    // The provider's own pages load a font of another host.
    expectQuiet([/status of 401/, /ERR_NAME_NOT_RESOLVED/, /status of 404/]);
  });

  it('refuses an answer that was not asked for, or is used again', async () => {
    const { page } = await open();
    await page.goto(`${server.url}/admin/sign-in?code=stolen&state=guessed`);
    await page.getByRole('alert').getByText('was not started here').waitFor();
    expect(new URL(page.url()).search).toBe('');
    let answered = '';
    page.on('request', (request) => {
      if (request.url().includes('/admin/sign-in?')) answered = request.url();
    });
    await signIn(page);
    expect(answered).toContain('code=');
    await page.goto(answered);
    await page.getByRole('alert').getByText('was not started here').waitFor();
  });

  it('is offered where a provider is configured alone, and API keys go on', async () => {
    const answer = await fetch(`${server.url}/v1/sign-in`);
    expect(await answer.json()).toMatchObject({
      providers: [{ label: 'Example', issuer: provider.issuer, client_id: 'dashboard', scope: 'openid admin' }],
    });
    const { page, expectQuiet } = await open();
    await page.getByRole('textbox', { name: 'API key' }).fill(server.rootKey);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
    expectQuiet();
  });
});
