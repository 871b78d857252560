import { merged, type Json } from './json-schema';

const field = (one: Json, other: Json): Json | undefined =>
  merged([{ properties: { field: one } }, { properties: { field: other } }])?.properties?.field;

const constant = (value: string): Json => ({ type: 'string', const: value });

describe('objects of a union, as one GraphQL type', () => {
  it('have an enum for what tells them apart', () => {
    expect(field(constant('hnsw'), constant('flat'))).toEqual({ type: 'string', enum: ['hnsw', 'flat'] });
  });

  it('have a text where a value is no name in GraphQL, so that it reads as in REST', () => {
    expect(field(constant('import'), constant('service.rebuild'))).toEqual({ type: 'string' });
  });

  it('do not take the constant of one for all that the other may say', () => {
    expect(field(constant('none'), { type: 'string' })).toEqual({ type: 'string' });
    expect(field({ type: 'string' }, constant('none'))).toEqual({ type: 'string' });
  });

  it('keep the shape that they share', () => {
    expect(field({ type: 'integer', description: 'How many' }, { type: 'integer' })).toEqual({
      type: 'integer',
      description: 'How many',
    });
    const shape: Json = { type: 'object', properties: { done: { type: 'integer' } } };
    expect(field(shape, shape)).toEqual(shape);
  });

  it('have any JSON where their shapes differ', () => {
    const [one, other]: Json[] = [
      { type: 'object', properties: { a: {} } },
      { type: 'object', properties: { b: {} } },
    ];
    expect(field(one ?? {}, other ?? {})).toEqual({});
    expect(field({ type: 'array', items: { type: 'string' } }, { type: 'string' })).toEqual({});
  });
});
