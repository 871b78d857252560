import { declaredEndpoints } from '../../generate/declared-endpoints';
import { described, overview } from './describe';
import { isCallable } from './operations';

const callable = declaredEndpoints().filter(isCallable);

describe('what run knows', () => {
  it('is most of the API: JSON in, JSON out', () => {
    const names = Object.keys(overview(callable));
    expect(names.length).toBeGreaterThan(60);
    expect(names).toEqual(
      expect.arrayContaining(['putCollection', 'undoMemory', 'publishEvents', 'listServices', 'listBackground']),
    );
    for (const streamed of [
      'putFile',
      'getFile',
      'headFile',
      'importRecords',
      'exportRecords',
      'streamEvents',
      'metrics',
    ])
      expect(names).not.toContain(streamed);
  });

  it.each(callable.map((definition) => [definition.operationId, definition] as const))(
    'describes %s in a schema of moderate size',
    (operationId, definition) => {
      const description = described(definition);
      expect(description).toMatchObject({ operation: operationId, arguments: { type: 'object' } });
      expect(JSON.stringify(description).length).toBeLessThan(16_000);
    },
  );
});
