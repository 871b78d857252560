import { compareCodePoints } from './code-points';

describe('compareCodePoints', () => {
  it('orders as UTF-8 bytes do', () => {
    const ids = [
      '',
      'a',
      'ab',
      'b',
      'é',
      '\uD7FF',
      '\uE000',
      '\uFFFD',
      '\u{10000}',
      '\u{10FFFF}',
      'a\u{10000}',
      'a\uFFFD',
    ];
    const byBytes = [...ids].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    expect([...ids].sort(compareCodePoints)).toEqual(byBytes);
  });
});
