import { z } from 'zod';
import { declaredEndpoints } from '../../generate/declared-endpoints';
import { NamedSchemas } from './named-schemas';
import { openApiDocument } from './openapi';

describe('named schemas', () => {
  it('stand once in the components and are referenced where they are used', () => {
    const colour = z.object({ id: z.string() });
    z.globalRegistry.add(colour, { id: 'TestColour' });
    const schemas = new NamedSchemas();
    const written = schemas.write(z.object({ data: z.array(colour), best: colour.nullable() }), 'output');
    expect(written).toMatchObject({
      properties: { data: { items: { $ref: '#/components/schemas/TestColour' } } },
    });
    expect(schemas.write(colour, 'output')).toEqual({ $ref: '#/components/schemas/TestColour' });
    expect(schemas.all()).toEqual({
      TestColour: expect.objectContaining({ properties: { id: { type: 'string' } }, required: ['id'] }) as unknown,
    });
  });

  it('refuses one name for two shapes', () => {
    const size = z.object({ width: z.number().default(1) });
    z.globalRegistry.add(size, { id: 'TestSize' });
    const schemas = new NamedSchemas();
    schemas.write(size, 'output');
    expect(() => schemas.write(size, 'input')).toThrow('"TestSize"');
  });

  it('leave no reference of the document without its target', () => {
    const document = openApiDocument(declaredEndpoints(), '1.0.0');
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]*)"/g)].map(([, reference]) => reference);
    expect(references.length).toBeGreaterThan(100);
    expect([...new Set(references)].filter((reference = '') => targetOf(document, reference) === undefined)).toEqual(
      [],
    );
  });
});

const targetOf = (document: unknown, reference: string): unknown =>
  reference
    .replace(/^#\//, '')
    .split('/')
    .reduce<unknown>((value, step) => (value as Record<string, unknown> | undefined)?.[step], document);
