import { mustNameFields } from './collection-plan';

describe('mustNameFields', () => {
  it('takes fields of the metadata', () => {
    expect(() => mustNameFields([{ field: 'a.b\\.c', type: 'string' }])).not.toThrow();
  });

  it.each(['a\\b', 'a..b', '@id', '$x'])('refuses %j with its path', (field) => {
    const indexes = [
      { field: 'year', type: 'number' as const },
      { field, type: 'string' as const },
    ];
    expect(() => mustNameFields(indexes)).toThrow(
      expect.objectContaining({
        status: 422,
        faults: [expect.objectContaining({ path: '/indexes/1/field' })],
      }) as Error,
    );
  });
});
