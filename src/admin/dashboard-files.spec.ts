import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { encodingFor, readDashboard } from './dashboard-files';
import { newNonce, pageWith, policyWith } from './dashboard-page';

describe('the files of the dashboard', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'zerodb-dashboard-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  beforeAll(() => {
    mkdirSync(path.join(folder, 'assets'));
    writeFileSync(path.join(folder, 'index.html'), '<!doctype html>');
    writeFileSync(path.join(folder, '.sources'), 'a fingerprint');
    writeFileSync(path.join(folder, 'assets', 'a-1.js'), 'let a');
    writeFileSync(path.join(folder, 'assets', 'a-1.js.br'), 'small');
    writeFileSync(path.join(folder, 'assets', 'a-1.js.gz'), 'less small');
  });

  it('are known by their names, and nothing else is', () => {
    const files = readDashboard(folder);
    expect([...files.keys()].sort()).toEqual(['assets/a-1.js', 'index.html']);
    expect(files.get('assets/a-1.js')).toMatchObject({ isHashed: true, type: 'text/javascript; charset=utf-8' });
    expect(files.get('index.html')).toMatchObject({ isHashed: false });
  });

  it('are none where the dashboard is not built', () => {
    expect(readDashboard(path.join(folder, 'nowhere')).size).toBe(0);
  });

  it.each([
    ['gzip, deflate, br', 'br'],
    ['gzip', 'gzip'],
    ['br;q=0, gzip;q=0.5', 'gzip'],
    ['br;q=0', undefined],
    ['identity', undefined],
    [undefined, undefined],
  ])('are sent to who accepts %p as %p', (accepted, encoding) => {
    const file = readDashboard(folder).get('assets/a-1.js');
    expect(file && encodingFor(file, accepted)).toBe(encoding);
  });
});

describe('the page of the dashboard', () => {
  it('carries the nonce of its policy, another each time', () => {
    const [one, other] = [newNonce(), newNonce()];
    expect(one).not.toBe(other);
    expect(pageWith('<meta nonce="__CSP_NONCE__"><style nonce="__CSP_NONCE__">', one)).toBe(
      `<meta nonce="${one}"><style nonce="${one}">`,
    );
    expect(policyWith(one)).toContain(`style-src 'self' 'nonce-${one}'`);
    expect(policyWith(one)).not.toContain('unsafe');
  });
});
