import { prefersHtml } from './prefers-html';

describe('prefersHtml', () => {
  it.each([
    ['Firefox', 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', true],
    ['Chrome', 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8', true],
    ['a page alone', 'Text/HTML; charset=utf-8', true],
    ['both, the page first by weight', 'application/json;q=0.5, text/html;q=0.9', true],
    ['both, alike', 'text/html, application/json', false],
    ['curl', '*/*', false],
    ['a client of JSON', 'application/json', false],
    ['a page refused', 'text/html;q=0, */*', false],
    ['nonsense', 'text/html;q=x', false],
    ['nothing', '', false],
    ['no header', undefined, false],
  ])('%s', (_name, accept, expected) => {
    expect(prefersHtml(accept)).toBe(expected);
  });
});
