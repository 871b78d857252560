import type { Browser } from 'playwright-core';
import {
  chromiumPath,
  launchBrowser,
  openDashboard,
  type Dashboard,
  type DashboardOptions,
  type Expected,
} from './dashboard';
import { clientOf, type Answer, type Request } from './http';
import { startServer, type TestServer } from './server';
import { describeWith } from './services';

/** One product and one browser for the tests of a page. */
export interface DashboardSuite {
  /** A window that has signed in with the root key. */
  open(options?: DashboardOptions): Promise<Dashboard>;
  /** The API, with the root key. Fails the test when the answer is no success. */
  call(target: string, request?: Request): Promise<Answer>;
  server(): TestServer;
  /** Problems that this test provokes: every other one that a window reports fails it. */
  expect(...problems: Expected): void;
}

const START_MS = 240_000;

/** Describes what a page does in Chromium, against the product on its embedded engines. Skipped without a Chromium. */
export const describeDashboard = (
  name: string,
  environment: Record<string, string>,
  tests: (suite: DashboardSuite) => void,
): void => {
  describeWith(chromiumPath)(`${name} (Chromium)`, () => {
    let server: TestServer;
    let browser: Browser;
    const windows: Dashboard[] = [];
    const expected: RegExp[] = [];
    beforeAll(async () => {
      [server, browser] = await Promise.all([startServer(environment), launchBrowser()]);
    }, START_MS);
    afterEach(async () => {
      const [opened, provoked] = [windows.splice(0), expected.splice(0)];
      for (const window of opened) await window.close();
      for (const window of opened) window.expectQuiet(provoked);
    });
    afterAll(async () => {
      await browser.close();
      await server.stop();
    });
    tests({
      server: () => server,
      expect: (...problems) => void expected.push(...problems),
      call: async (target, request = {}) => {
        const answer = await clientOf(server.url)(target, { key: server.rootKey, ...request });
        if (answer.status >= 300) throw new Error(`${target} answered ${answer.status}: ${answer.text.slice(0, 500)}`);
        return answer;
      },
      open: async (options) => {
        const window = await openDashboard(browser, server.url, { key: server.rootKey, ...options });
        windows.push(window);
        return window;
      },
    });
  });
};
