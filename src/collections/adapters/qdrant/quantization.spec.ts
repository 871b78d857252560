import type { VectorQuery } from '../../vector-store.port';
import { quantizedSearch } from './quantization';
import { scoreRule } from './score-rule';
import { searchBody } from './search-body';

const asked = (scheme: 'none' | 'half' | 'int8' | 'binary') => ({ compression: { scheme, target_recall: 0.99 } });

describe('how a copy with codes is searched', () => {
  it('is as before where nothing is compressed, and nothing ever was', () => {
    expect(quantizedSearch(undefined)).toBeUndefined();
    expect(quantizedSearch({})).toBeUndefined();
    expect(quantizedSearch({ compression: 'half' })).toBeUndefined();
    expect(quantizedSearch(asked('none'))).toBeUndefined();
  });

  it('scores more candidates by the originals, as many as were measured where they were', () => {
    expect(quantizedSearch(asked('int8'))).toEqual({ rescore: true, oversampling: 2 });
    expect(quantizedSearch(asked('binary'))?.oversampling).toBe(40);
    const codes = { kind: 'bit', centre: [], candidates: { for10: 200, for100: 800 } } as const;
    expect(quantizedSearch({ ...asked('binary'), index: { build: 1, codes } })?.oversampling).toBe(20);
  });

  it('goes on while a copy with codes is being replaced by one without', () => {
    expect(quantizedSearch({ ...asked('none'), last_build: 2 })).toMatchObject({ rescore: true });
  });

  it('asks the originals alone for an exact search', () => {
    const include = { metadata: false, text: false, vector: false };
    const query: VectorQuery = { vector: [1], limit: 5, exact: true, include };
    const terms = {
      projectId: 1,
      fields: [],
      rule: scoreRule('cosine'),
      quantization: quantizedSearch(asked('binary')),
    };
    const paramsOf = (body: string): unknown => (JSON.parse(body) as { params: unknown }).params;
    expect(paramsOf(searchBody({ ...terms, query }, 5))).toEqual({ exact: true, quantization: { ignore: true } });
    expect(paramsOf(searchBody({ ...terms, query: { ...query, exact: false } }, 5))).toEqual({
      hnsw_ef: 200,
      quantization: { rescore: true, oversampling: 40 },
    });
  });
});
