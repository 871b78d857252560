import type { VectorQuery } from '../../vector-store.port';
import { quantizedSearch } from './quantization';
import { scoreRule } from './score-rule';
import { searchBody } from './search-body';

const settings = { compression: { scheme: 'none', target_recall: 0.99 } } as const;

describe('how a copy with codes is searched', () => {
  it('is as before where the copy holds none, whatever the settings ask for', () => {
    expect(quantizedSearch('none', undefined)).toBeUndefined();
    expect(quantizedSearch('none', { compression: { scheme: 'int8', target_recall: 0.99 } })).toBeUndefined();
    expect(quantizedSearch('none', { ...settings, last_build: 2 })).toBeUndefined();
  });

  it('scores more candidates by the originals, as many as were measured where they were', () => {
    expect(quantizedSearch('int8', settings)).toEqual({ rescore: true, oversampling: 2 });
    expect(quantizedSearch('binary', settings)?.oversampling).toBe(40);
    const codes = { kind: 'bit', centre: [], candidates: { for10: 200, for100: 800 } } as const;
    expect(quantizedSearch('binary', { ...settings, index: { build: 1, codes } })?.oversampling).toBe(20);
  });

  it('goes on while a copy with codes is being replaced by one without', () => {
    expect(quantizedSearch('int8', settings)).toMatchObject({ rescore: true });
  });

  it('asks the originals alone for an exact search', () => {
    const include = { metadata: false, text: false, vector: false };
    const query: VectorQuery = { vector: [1], limit: 5, exact: true, include };
    const terms = {
      projectId: 1,
      fields: [],
      rule: scoreRule('cosine'),
      quantization: quantizedSearch('binary', settings),
    };
    const paramsOf = (body: string): unknown => (JSON.parse(body) as { params: unknown }).params;
    expect(paramsOf(searchBody({ ...terms, query }, 5))).toEqual({ exact: true, quantization: { ignore: true } });
    expect(paramsOf(searchBody({ ...terms, query: { ...query, exact: false } }, 5))).toEqual({
      hnsw_ef: 200,
      quantization: { rescore: true, oversampling: 40 },
    });
  });
});
