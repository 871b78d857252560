import { headersOf, tracesUrl } from './tracing';

describe('tracesUrl', () => {
  it.each([
    ['http://c:4318', 'http://c:4318/v1/traces'],
    ['http://c:4318/', 'http://c:4318/v1/traces'],
    ['https://c/otlp', 'https://c/otlp/v1/traces'],
    ['https://c/otlp/v1/traces', 'https://c/otlp/v1/traces'],
  ])('of %s is %s', (endpoint, url) => expect(tracesUrl(endpoint)).toBe(url));
});

describe('headersOf', () => {
  it('takes several, percent-decoded, with equals signs in their values', () => {
    expect(headersOf('authorization=Basic%20YQ==,x-tenant=7')).toEqual({
      authorization: 'Basic YQ==',
      'x-tenant': '7',
    });
  });

  it('takes none, and a stray percent sign', () => {
    expect(headersOf()).toEqual({});
    expect(headersOf('a=50%')).toEqual({ a: '50%' });
  });
});
