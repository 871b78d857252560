import { metadataIndexDdl, metadataIndexName, quoteLiteral } from './metadata-index';

describe('quoteLiteral', () => {
  it.each([
    ['year', "'year'"],
    ["o'clock", "'o''clock'"],
    ["a\\'b", " E'a\\\\''b'"],
    ["'); drop table x; --", "'''); drop table x; --'"],
  ])('quotes %j', (text, literal) => {
    expect(quoteLiteral(text)).toBe(literal);
  });

  it('refuses what Postgres cannot hold', () => {
    expect(() => quoteLiteral('a\0')).toThrow();
  });
});

describe('metadataIndexDdl', () => {
  it('indexes the path by a name that stays the same', () => {
    const index = { field: 'a.b', type: 'number' } as const;
    expect(metadataIndexDdl('t', index)).toBe(
      `create index if not exists ${metadataIndexName('t', index)} on t ((zerodb_index_number(metadata, array['a', 'b']::text[])))`,
    );
    expect(metadataIndexName('t', index)).not.toBe(metadataIndexName('t', { ...index, type: 'string' }));
  });
});
