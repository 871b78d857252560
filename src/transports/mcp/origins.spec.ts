import { Origins } from './origins';

describe('which pages may use /mcp', () => {
  it.each([
    ['no page at all', undefined, undefined, 'db.example'],
    ['its own page on a loopback name', undefined, 'http://localhost:7700', 'localhost:7700'],
    ['its own page on IPv6', undefined, 'http://[::1]:7700', '[::1]:7700'],
    ['a configured page', 'https://a.example, https://b.example/', 'https://b.example', 'db.example'],
    ['any page where that is wanted', '*', 'https://c.example', 'db.example'],
  ])('serves %s', (_name, configured, origin, host) => {
    expect(new Origins(configured).check({ origin, host })).toBe(origin);
  });

  it.each([
    ['a foreign page', undefined, 'https://evil.example', 'localhost:7700'],
    ['a rebound name', undefined, 'http://evil.example:7700', 'evil.example:7700'],
    ['another port of this machine', undefined, 'http://localhost:3000', 'localhost:7700'],
    ['a name that begins like a configured one', 'https://a.example', 'https://a.example.evil', 'db.example'],
    ['another scheme of a configured one', 'https://a.example', 'http://a.example', 'db.example'],
    ['a page without a name', undefined, 'null', 'localhost:7700'],
    ['an empty origin', undefined, '', 'localhost:7700'],
  ])('refuses %s', (_name, configured, origin, host) => {
    expect(() => new Origins(configured).check({ origin, host })).toThrow('may not use /mcp');
  });
});
