import { auditedAs, defineEndpoint } from './endpoint';

describe('what a request is to the audit log', () => {
  const advice = defineEndpoint({
    method: 'GET',
    path: '/v1/collections/{collection}/advice',
    operationId: 'advice',
    audit: 'read',
    auditOf: ({ apply }) => (apply === 'true' ? 'admin' : 'read'),
    tag: 'Test',
    summary: 'Test',
    access: 'write',
    responses: { 200: null },
  });

  it('is what the declaration says of its query', () => {
    expect(auditedAs(advice, { apply: 'true' }).audit).toBe('admin');
    expect(auditedAs(advice, { apply: 'false' }).audit).toBe('read');
    expect(auditedAs(advice, undefined).audit).toBe('read');
  });

  it('is the same for all requests without such a rule', () => {
    const plain = { ...advice, auditOf: undefined };
    expect(auditedAs(plain as never, { apply: 'true' })).toBe(plain);
  });
});
