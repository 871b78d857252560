import { SqlParams } from './sql-params';

describe('SqlParams', () => {
  it('numbers values in the order in which they are added, named or not', () => {
    const params = new SqlParams(['first']);
    const { lane, key } = params.addAll({ lane: 3, key: null });
    expect([lane, key, params.add('{}', 'jsonb')]).toEqual(['$2', '$3', '$4::jsonb']);
    expect(params.values).toEqual(['first', 3, null, '{}']);
  });

  it('binds a shared string once for each cast', () => {
    const params = new SqlParams();
    const references = ['text', 'text', 'jsonb'].map((cast) => params.share('name', cast));
    expect(references).toEqual(['$1::text', '$1::text', '$2::jsonb']);
  });
});
