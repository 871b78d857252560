import { loadParser, parseStatement } from './parser';
import { MAX_NESTED, mustBeReadable } from './shape';

const deep = `1${'+1'.repeat(3_000)}`;
const TOO_DEEP = /nested too deeply/;
const TOO_LONG = /more than 63 bytes/;

describe('what the parser may see', () => {
  beforeAll(() => loadParser());

  it.each([
    ['a sum', `select ${deep}`],
    ['a sum after an escaped quote', `select E'\\\\', ${deep} --'`],
    ['a sum after a text in two parts', `select E'a'\n'\\'', ${deep} --'`],
    ['a sum after a text with a backslash', `select 'a\\', ${deep} --'`],
    ['a sum after a national text', `select n'\\', ${deep} --'`],
    ['a sum after a name that ends with E', `select éE'\\', ${deep} --'`],
    ['a sum after a quote in dollars', `select $a$ ' $a$, ${deep}`],
    ['a sum after dollars in a name', `select a$b$, ${deep}, $b$`],
    ['a sum after a quote in a name', `select "a""'", ${deep} --'`],
    ['a sum after comments', `/* /* */ ' */ select -- '\n ${deep}`],
    ['unions of lists', `select 1, 1${' union select 1, 1'.repeat(2_001)}`],
    ['what is around a list', `select ${'f(1, '.repeat(2_001)}1${')'.repeat(2_001)}`],
    ['a sum with a group before it', `select (${'-'.repeat(1)}${'+'.repeat(1_500)}1)${'+1'.repeat(500)}`],
  ])('is not %s', (_name, query) => {
    expect(() => mustBeReadable(query)).toThrow(TOO_DEEP);
  });

  it.each([
    ['a list', `select ${Array(5_000).fill('f(1)').join(',')}`],
    ['rows', `values ${Array(5_000).fill("(1, 'a')").join(',')}`],
    ['a text', `select '${deep}', E'\\'${deep}', $a$${deep}$a$`],
    ['a comment', `select 1 /* ${deep} */ -- ${deep}`],
    ['many conditions', `select 1 from a where ${Array(400).fill('b = 1').join(' or ')}`],
    [
      'names of 63 bytes',
      `select ${'x'.repeat(63)}, "${'é'.repeat(31)}", "${'a""'.repeat(31)}" , E'${'x'.repeat(100)}'`,
    ],
  ])('is %s', (_name, query) => {
    expect(() => mustBeReadable(query)).not.toThrow();
  });

  it.each([`select ${'x'.repeat(64)}`, `select "${'é'.repeat(32)}"`, `select 1 as "${'x'.repeat(100)}"`])(
    'has no name that would be cut: %s',
    (query) => {
      expect(() => mustBeReadable(query)).toThrow(TOO_LONG);
    },
  );

  const times = (unit: string, tokens: number): string => unit.repeat(Math.floor((MAX_NESTED - 10) / tokens));
  it.each([
    `select 1${times('+1', 2)}`,
    `select ${times('+', 1)}1`,
    `select ${times('not ', 1)}true`,
    `select 1${times('::int', 3)}`,
    `select a${times(' collate x', 2)}`,
    `select 1${times(' union select 1', 5)}`,
    `select 1 from a${times(' natural join a', 3)}`,
    `select 1${times(' between 1 and not 1', 5)}`,
  ])('never exhausts the parser: %.30s', (query) => {
    expect(() => parseStatement(query)).not.toThrow();
  });
});
