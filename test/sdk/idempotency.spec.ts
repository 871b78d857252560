import { takesKey } from '../../src/client/idempotency';
import type { Method } from '../../src/client';
import { documentedEndpoints } from '../../src/generate/declared-endpoints';

/** The clients send keys by a rule; the declarations say who keeps answers by them. */
describe('the idempotency keys that clients send', () => {
  const operations = documentedEndpoints().map((definition) => {
    const { method, path, body, idempotent, audit } = definition;
    const isStream = body !== undefined && 'stream' in body;
    const isKept = idempotent ?? (method !== 'GET' && method !== 'HEAD' && !isStream);
    const options = isStream ? { stream: { body: new Uint8Array(0), contentType: 'x/y' } } : {};
    const isSent = takesKey(method.toLowerCase() as Method, path, options);
    return { name: `${method} ${path}`, isKept, isSent, audit };
  });

  it('go to every operation that keeps them', () => {
    expect(operations.filter(({ isKept, isSent }) => isKept === true && !isSent)).toEqual([]);
    expect(operations.filter(({ isSent }) => isSent).length).toBeGreaterThan(50);
  });

  it('go to no other that changes something: who sends one repeats the call', () => {
    const others = operations.filter(({ isKept, isSent }) => isKept !== true && isSent);
    expect(others.filter(({ audit }) => audit !== 'read' && audit !== 'none').map(({ name }) => name)).toEqual([]);
  });
});
