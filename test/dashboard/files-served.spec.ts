import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { packageRoot } from '../../src/config';
import { clientOf } from '../support/http';
import { startServer, type TestServer } from '../support/server';

const BUILT = path.join(packageRoot(), 'dist', 'dashboard');
/** What the first page may cost, and all pages together. */
const MAX_BYTES = 400_000;

/** Real: the embedded product as a process, the built dashboard. Fake: nothing. */
describe('how the dashboard is served', () => {
  let server: TestServer;
  const get = async (target: string, headers: Record<string, string> = {}) =>
    await clientOf(server.url)(target, { headers });
  const assets = () => readdirSync(path.join(BUILT, 'assets'));

  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(async () => await server?.stop());

  it('sends the page with a policy of its own, and another nonce each time', async () => {
    const pages = [await get('/admin'), await get('/admin/collections/some/address')];
    const nonces = pages.map(({ headers, text }) => {
      const policy = headers.get('content-security-policy') ?? '';
      expect(policy).not.toContain('unsafe');
      expect(policy).toContain("script-src 'self';");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(headers.get('cache-control')).toBe('no-store');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      const nonce = /'nonce-([^']+)'/.exec(policy)?.[1] ?? '';
      expect(text).toContain(`nonce="${nonce}"`);
      expect(text).not.toContain('__CSP_NONCE__');
      expect(text).not.toMatch(/ style=|<style|<script(?![^>]* src=)/);
      return nonce;
    });
    expect(nonces[0]).not.toBe(nonces[1]);
  });

  it('sends hashed files compressed, to be kept for good', async () => {
    const script = assets().find((name) => /^index-.*\.js$/.test(name)) ?? '';
    const answer = await get(`/admin/assets/${script}`, { 'accept-encoding': 'br' });
    expect(answer.headers.get('content-encoding')).toBe('br');
    expect(answer.headers.get('cache-control')).toContain('immutable');
    expect(answer.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
    expect(answer.text).toBe(readFileSync(path.join(BUILT, 'assets', script), 'utf8'));
    const etag = answer.headers.get('etag') ?? '';
    expect((await get(`/admin/assets/${script}`, { 'if-none-match': etag })).status).toBe(304);
  });

  it.each([
    '/admin/assets/no-such-file.js',
    '/admin/assets/../../main.js',
    '/admin/assets/..%2f..%2fmain.js',
    '/admin/assets/%2e%2e/%2e%2e/main.js',
    '/admin/..%2fmain.js',
    '/admin/.sources',
    '/admin/assets/index.js.br',
  ])('gives nothing of the file system away at %s', async (target) => {
    const { status, headers } = await get(target);
    const isPage = status === 200 && headers.get('content-type') === 'text/html; charset=utf-8';
    expect(isPage || status === 404).toBe(true);
  });

  it('is small: all pages and styles together, compressed', () => {
    const sizes = assets()
      .filter((name) => name.endsWith('.br'))
      .map((name) => statSync(path.join(BUILT, 'assets', name)).size);
    expect(sizes.length).toBeGreaterThan(0);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(MAX_BYTES);
  });

  it('fetches nothing from elsewhere', () => {
    const page = readFileSync(path.join(BUILT, 'index.html'), 'utf8');
    expect(page).not.toMatch(/(src|href)="(https?:)?\/\//);
    const styles = assets().filter((name) => name.endsWith('.css'));
    for (const name of styles)
      expect(readFileSync(path.join(BUILT, 'assets', name), 'utf8')).not.toMatch(/url\(["']?http/);
  });
});
