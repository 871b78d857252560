import { HELD_KINDS } from '../../admission/kinds';
import { declaredEndpoints } from '../../generate/declared-endpoints';
import { earlyRefusalKindOf, kindOf } from './request-kind';

const streams = declaredEndpoints().filter(({ body }) => body !== undefined && 'stream' in body);

describe('hopeKindOf', () => {
  it('is that of the writes for every stream that writes, whichever place it takes', () => {
    const writing = streams.filter(({ access }) => access === 'write');
    expect(writing.map(({ operationId }) => operationId).sort()).toEqual(['importRecords', 'putFile', 'putUploadPart']);
    expect(writing.map(earlyRefusalKindOf)).toEqual(writing.map(() => 'write'));
  });

  it.each(['free', ...HELD_KINDS] as const)('is that of the writes where such a stream counts as %s', (kind) => {
    for (const stream of streams) expect(earlyRefusalKindOf({ ...stream, kind, access: 'write' })).toBe('write');
  });

  it('is their own for streams that only read, and for gated ones', () => {
    for (const stream of streams) {
      expect(earlyRefusalKindOf({ ...stream, kind: 'envelopes', access: 'read' })).toBe('envelopes');
      expect(earlyRefusalKindOf({ ...stream, kind: 'memory', access: 'write' })).toBe('memory');
    }
  });

  it('is their own for all others', () => {
    const others = declaredEndpoints().filter((endpoint) => !streams.includes(endpoint));
    expect(others.map(earlyRefusalKindOf)).toEqual(others.map(kindOf));
  });
});
