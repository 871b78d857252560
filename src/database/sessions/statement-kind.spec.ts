import { kindOf } from './statement-kind';

describe('kindOf', () => {
  it.each([
    ['SELECT 1', 'read'],
    ['  select * from t', 'read'],
    ['WITH a AS (SELECT 1) SELECT * FROM a', 'read'],
    ['WITH a AS (DELETE FROM t RETURNING *) SELECT * FROM a', 'write'],
    [`SELECT nextval('s')`, 'write'],
    ['SELECT zerodb_create_partitions(1)', 'write'],
    ['SELECT * FROM t FOR UPDATE', 'write'],
    ['INSERT INTO t VALUES (1)', 'write'],
    ['CREATE INDEX ON t (x)', 'maintenance'],
    ['VACUUM t', 'maintenance'],
  ])('%s is %s', (sql, kind) => expect(kindOf(sql)).toBe(kind));
});
