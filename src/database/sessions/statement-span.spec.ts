import { operationOf } from './statement-span';

describe('operationOf', () => {
  it.each([
    ['select * from secrets', 'SELECT'],
    ['\n  with tail as (select 1) select 2', 'WITH'],
    ['COMMIT', 'COMMIT'],
    ['BEGIN; SET LOCAL statement_timeout = 1', 'BEGIN'],
    ['/* secret */ select 1', 'SQL'],
    ["'secret'", 'SQL'],
    ['', 'SQL'],
    [`${'a'.repeat(100)} secret`, 'SQL'],
  ])('of %j is %s', (sql, operation) => expect(operationOf(sql)).toBe(operation));
});
