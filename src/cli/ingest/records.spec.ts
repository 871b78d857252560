import { recordsOf, type FileIdentity } from './records';

const file = { relative: 'schema.json', modifiedAt: new Date(0), type: 'json' } as FileIdentity['file'];
const identity: FileIdentity = { source: 'docs', path: 'docs/schema.json', sha256: 'abc', file };
const metadataOf = (metadata: Record<string, unknown>): unknown =>
  recordsOf(identity, { kind: 'rows', rows: [{ text: 'x', metadata, line: 1 }], oddities: [] }, () => []).records[0]
    ?.metadata;

describe('the metadata of an ingested row', () => {
  it('keeps reserved keys under another name, at any depth', () => {
    expect(metadataOf({ $schema: 's', list: [{ $ref: 'r' }], source: 'mine' })).toMatchObject({
      _$schema: 's',
      list: [{ _$ref: 'r' }],
      source_: 'mine',
      source: 'docs',
    });
  });

  it('is left out where it would be a whole document', () => {
    expect(metadataOf({ big: 'y'.repeat(20_000) })).not.toHaveProperty('big');
  });

  it('keeps every field when a new name is taken', () => {
    expect(metadataOf({ path: 1, path_: 2, $a: 3, _$a: 4 })).toMatchObject({ path__2: 1, path_: 2, _$a_2: 3, _$a: 4 });
  });
});
