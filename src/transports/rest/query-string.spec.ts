import { parseQueryString } from './query-string';

const known = new Set(['download', 'a b']);

it('reads parameters, and refuses doubled and broken ones', () => {
  expect({ ...parseQueryString('/x?a=1&b=%20+&c') }).toEqual({ a: '1', b: '  ', c: '' });
  expect(() => parseQueryString('/x?a=1&a=2')).toThrow(expect.objectContaining({ status: 422 }) as Error);
  expect(() => parseQueryString('/x?a=%zz')).toThrow(expect.objectContaining({ status: 400 }) as Error);
});

it('skips unknown ones unread where these are ignored, whatever is in them', () => {
  expect({ ...parseQueryString('/x?utm=1&utm=2&%zz=1&q=%zz&=&z=%00&download=n&%61%20b=c', known) }).toEqual({
    download: 'n',
    'a b': 'c',
  });
});

it('still refuses known ones that are doubled or broken', () => {
  expect(() => parseQueryString('/x?download=1&%64ownload=2', known)).toThrow(
    expect.objectContaining({ status: 422 }) as Error,
  );
  expect(() => parseQueryString('/x?download=%zz', known)).toThrow(expect.objectContaining({ status: 400 }) as Error);
});
