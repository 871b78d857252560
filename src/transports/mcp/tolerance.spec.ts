import { z } from 'zod';
import { parseTolerantly, normaliseArguments } from './tolerance';

const schema = z.strictObject({
  text: z.string().optional(),
  limit: z.int().max(100).optional(),
  weight: z.number().optional(),
  exact: z.boolean().optional(),
  ids: z.array(z.string()).optional(),
  vector: z.union([z.array(z.number()), z.string().regex(/^[A-Za-z0-9+/=]+$/)]).optional(),
  filter: z.looseObject({}).optional(),
  records: z
    .array(z.strictObject({ id: z.string(), metadata: z.record(z.string(), z.unknown()).optional() }))
    .optional(),
});

describe('arguments that come as strings', () => {
  it.each([
    [{ limit: '10' }, { limit: 10 }],
    [{ limit: ' 10 ' }, { limit: 10 }],
    [{ limit: '1e1' }, { limit: 10 }],
    [{ weight: '-0.25' }, { weight: -0.25 }],
    [{ exact: 'true' }, { exact: true }],
    [{ ids: '["a","b"]' }, { ids: ['a', 'b'] }],
    [{ vector: '[1, 2.5]' }, { vector: [1, 2.5] }],
    [{ vector: ['1', '2.5'] }, { vector: [1, 2.5] }],
    [{ filter: '{"year":{"$gte":2020}}' }, { filter: { year: { $gte: 2020 } } }],
    [{ records: '[{"id":"1","metadata":"{\\"a\\":\\"5\\"}"}]' }, { records: [{ id: '1', metadata: { a: '5' } }] }],
    [{ records: ['{"id":"1"}'] }, { records: [{ id: '1' }] }],
    [
      { limit: '5', ids: '[]', filter: '{}' },
      { limit: 5, ids: [], filter: {} },
    ],
    [
      { text: '10', vector: 'AAAA' },
      { text: '10', vector: 'AAAA' },
    ],
    [{ filter: { year: '2020' } }, { filter: { year: '2020' } }],
  ])('%j count as what they say', (given, expected) => {
    expect(parseTolerantly(schema, given).data).toEqual(expected);
  });

  it('may be the whole', () => {
    expect(parseTolerantly(schema, '{"limit":"3"}').data).toEqual({ limit: 3 });
  });

  it.each([
    { limit: 'ten' },
    { limit: '' },
    { limit: '007' },
    { limit: '0x10' },
    { limit: '1.5' },
    { limit: '1000' },
    { weight: 'NaN' },
    { weight: '12345678901234567890' },
    { exact: 'yes' },
    { ids: 'a' },
    { ids: 'a,b' },
    { ids: '{"a":1}' },
    { filter: '[1]' },
    { filter: '{"__proto__":{"a":1}}' },
    { filter: '"{}"' },
    { text: 5 },
  ])('%j stay faults', (given) => {
    expect(parseTolerantly(schema, given).success).toBe(false);
  });

  it('leave what was given as it was', () => {
    const given = { ids: '["a"]', records: ['{"id":"1"}'] };
    const before = structuredClone(given);
    parseTolerantly(schema, given);
    expect(given).toEqual(before);
  });
});

describe('messages', () => {
  const call = (args: unknown) => ({
    jsonrpc: '2.0',
    id: 1,
    method: 'tools/call',
    params: { name: 'get', arguments: args },
  });
  const without = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'get' } };

  it('with arguments that are null have none', () => {
    expect(normaliseArguments(call(null))).toEqual(without);
    expect(normaliseArguments([call(null), call({})])).toEqual([without, call({})]);
  });

  it('may have their arguments as text', () => {
    expect(normaliseArguments(call('{"a":1}'))).toEqual(call({ a: 1 }));
    for (const text of ['query', '[1]', '1', 'null']) expect(normaliseArguments(call(text))).toEqual(call(text));
  });

  it.each([null, 5, 'text', {}, { params: null }, { params: [] }])('like %j stay as they are', (message) => {
    expect(normaliseArguments(message)).toEqual(message);
  });
});
