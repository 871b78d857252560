import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createConfig, lintFromString } from '@redocly/openapi-core';
import { packageRoot } from '../../src/config';

const PLUGINS = ['@hey-api/typescript', '@hey-api/sdk'];

type Json = Readonly<Record<string, unknown>>;

const file = path.join(packageRoot(), 'openapi.json');
const source = readFileSync(file, 'utf8');
const document = JSON.parse(source) as {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Json>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Json>> };
};
const { schemas } = document.components;
const RULES = [
  'struct',
  'spec-strict-refs',
  'no-unresolved-refs',
  'no-unused-components',
  'no-enum-type-mismatch',
  'no-invalid-parameter-examples',
  'no-invalid-media-type-examples',
  'no-invalid-schema-examples',
  'no-identical-paths',
  'path-declaration-must-exist',
  'path-parameters-defined',
  'path-not-include-query',
  'operation-operationId',
  'operation-operationId-unique',
  'operation-operationId-url-safe',
  'operation-parameters-unique',
  'operation-2xx-response',
  'operation-4xx-response',
  'security-defined',
] as const;

/** Every object in the document, and where it is. */
function* objectsIn(value: unknown, at = ''): Generator<readonly [string, Json]> {
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value)) yield [at, value as Json];
  for (const [key, inner] of Object.entries(value)) yield* objectsIn(inner, `${at}/${key.replaceAll('/', '~1')}`);
}

/** The media types of every body, by operation. */
const bodies = Object.entries(document.paths).flatMap(([url, operations]) =>
  Object.entries(operations).flatMap(([method, operation]) =>
    [...objectsIn(operation)].flatMap(([, { content }]) =>
      Object.entries((content ?? {}) as Record<string, { schema: Json }>).map(([mediaType, { schema }]) => ({
        operation: `${method} ${url}`,
        mediaType,
        schema,
      })),
    ),
  ),
);

describe('openapi.json', () => {
  it('is valid OpenAPI 3.1 without unresolved references', async () => {
    const config = await createConfig({ rules: Object.fromEntries(RULES.map((rule) => [rule, 'error'])) });
    const problems = await lintFromString({ source, absoluteRef: file, config });
    expect(problems.map(({ ruleId, message, location }) => [ruleId, message, location[0]?.pointer])).toEqual([]);
  });

  it('names the schemas that clients see', () => {
    const names = Object.keys(schemas);
    expect(names.length).toBeGreaterThanOrEqual(60);
    for (const name of [
      'Record',
      'RecordInput',
      'SearchRequest',
      'SearchResult',
      'Problem',
      'BucketPage',
      'Operation',
    ]) {
      expect(names).toContain(name);
    }
    expect(names.filter((name) => !/^[A-Z][A-Za-z0-9]*$/.test(name))).toEqual([]);
  });

  it('names every JSON body', () => {
    const unnamed = bodies.filter(({ mediaType, schema }) => mediaType === 'application/json' && !('$ref' in schema));
    expect(unnamed.map(({ operation }) => operation)).toEqual([]);
  });

  it('gives every body a media type of its own', () => {
    expect(bodies.filter(({ mediaType }) => mediaType.includes('*')).map(({ operation }) => operation)).toEqual([]);
    const typeOf = (operation: string): string[] => [
      ...new Set(bodies.filter((body) => body.operation === operation).map(({ mediaType }) => mediaType)),
    ];
    expect(typeOf('get /v1/files/{bucket}/{key}')).toEqual(['application/octet-stream']);
    expect(typeOf('put /v1/files/{bucket}/{key}')).toContain('application/octet-stream');
    expect(typeOf('put /v1/uploads/{id}/parts/{number}')).toContain('application/octet-stream');
    expect(typeOf('post /v1/collections/{collection}/import')).toContain('application/x-ndjson');
    expect(typeOf('get /v1/topics/{topic}/stream')).toEqual(['text/event-stream']);
  });

  it('lists no types where generators expect one', () => {
    const lists = [...objectsIn(document)].filter(
      ([, { type }]) => Array.isArray(type) && type.filter((one) => one !== 'null').length > 1,
    );
    expect(lists.map(([at]) => at)).toEqual([]);
  });

  it('has the doors of the other protocols', () => {
    expect(Object.keys(document.paths)).toEqual(expect.arrayContaining(['/mcp', '/graphql']));
  });

  it('tells the kinds of long work apart', () => {
    const { oneOf, discriminator } = schemas.Operation as { oneOf: unknown[]; discriminator: { mapping: Json } };
    expect(discriminator).toMatchObject({ propertyName: 'kind' });
    expect(discriminator.mapping).toMatchObject({
      import: '#/components/schemas/ImportOperation',
      'service.rebuild': '#/components/schemas/RebuildOperation',
    });
    expect(Object.keys(discriminator.mapping)).toHaveLength(oneOf.length);
    expect(schemas.ImportOperation).toMatchObject({
      properties: { result: { $ref: '#/components/schemas/ImportReport' } },
    });
  });

  it('has a discriminator for every union of named objects with a constant in one property', () => {
    const constantsOf = ({ properties = {} }: Json): string[] =>
      Object.entries(properties as Record<string, Json>).flatMap(([name, { const: value }]) => (value ? [name] : []));
    const missing = [...objectsIn(document)].filter(([, { oneOf, anyOf, discriminator }]) => {
      const variants = ((oneOf ?? anyOf ?? []) as { $ref?: string }[]).map(({ $ref = '' }) => {
        return schemas[$ref.replace('#/components/schemas/', '')] ?? {};
      });
      const [first = {}] = variants;
      const isTold =
        variants.length > 1 &&
        constantsOf(first).some((name) => variants.every((one) => constantsOf(one).includes(name)));
      return isTold && discriminator === undefined;
    });
    expect(missing.filter(([at]) => !at.includes('/schemas/Mcp')).map(([at]) => at)).toEqual([]);
  });

  it.each([
    { name: 'openapi-typescript', program: ['bin', 'cli.js'], args: (out: string) => [file, '--output', out] },
    {
      name: '@hey-api/openapi-ts',
      program: ['bin', 'run.js'],
      args: (out: string) => ['--input', file, '--output', out, '--plugins', ...PLUGINS, '--no-log-file'],
    },
  ])('is read by $name without a warning', ({ name, program, args }) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'zerodb-generated-'));
    const out = path.join(folder, 'types.ts');
    try {
      expect(generate(name, program, args(out))).toEqual({ status: 0, told: '' });
      expect(existsSync(out)).toBe(true);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

/** Runs a generator as a process of its own, and returns what it warns of. */
function generate(
  name: string,
  program: readonly string[],
  args: readonly string[],
): { status: unknown; told: string } {
  const folder = path.join(packageRoot(), 'node_modules', name);
  const { status, stdout, stderr } = spawnSync(process.execPath, [path.join(folder, ...program), ...args], {
    cwd: packageRoot(),
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    env: { ...process.env, NO_COLOR: '1', CI: 'true' },
  });
  const warnings = `${stdout}\n${stderr}`
    .split('\n')
    .filter((line) => /^\s*(?:⚠|warn|error|✖|.*\bwarning\b)/i.test(line));
  return { status, told: warnings.join('\n') };
}
