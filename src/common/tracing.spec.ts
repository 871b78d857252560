import {
  activeTraceparent,
  addressOf,
  beginSpan,
  childSpan,
  detached,
  installTracer,
  isTracing,
  span,
  traceHeaders,
  type Span,
  type Tracer,
} from './tracing';

const noFacts = (): never => {
  throw new Error('Nobody may ask for facts while tracing is off.');
};

describe('while tracing is off', () => {
  it('gives the very promise of the work, and asks for no facts', () => {
    const promise = Promise.resolve(1);
    expect(span('a', noFacts, () => promise)).toBe(promise);
    expect(childSpan('a', noFacts, () => promise)).toBe(promise);
    expect(childSpan(noFacts, noFacts, () => promise)).toBe(promise);
    expect(detached(() => promise)).toBe(promise);
    expect(beginSpan('a', noFacts)).toBeUndefined();
  });

  it('hands every work the same span, which does nothing', () => {
    const spans: Span[] = [];
    span('a', noFacts, (given) => spans.push(given));
    span('b', noFacts, (given) => spans.push(given));
    const [first, second] = spans;
    expect(first).toBe(second);
    first?.set({ a: 1 });
    first?.event('e');
    first?.fail('timeout');
    expect(first && traceHeaders(first)).toEqual({});
  });

  it('knows of no active span', () => {
    expect(isTracing()).toBe(false);
    expect(activeTraceparent()).toBeUndefined();
  });
});

describe('installTracer', () => {
  const tracer: Tracer = {
    begin: () => {
      throw new Error('not asked for');
    },
    span: (_name, _facts, work) =>
      work({ traceparent: 'p', set: () => undefined, event: () => undefined, fail: () => undefined }),
    detached: (work) => work(),
    active: () => undefined,
  };

  it('takes one tracer, until it is removed', () => {
    const remove = installTracer(tracer);
    expect(() => installTracer(tracer)).toThrow('already');
    expect(span('a', () => ({}), traceHeaders)).toEqual({ traceparent: 'p' });
    remove();
    expect(span('a', () => ({}), traceHeaders)).toEqual({});
  });

  it('makes no child span where there is no parent', () => {
    const remove = installTracer(tracer);
    expect(childSpan('a', noFacts, traceHeaders)).toEqual({});
    remove();
  });
});

describe('addressOf', () => {
  it('tells host and port, the scheme’s own too', () => {
    expect(addressOf('http://a.example:6333/x')).toEqual({ 'server.address': 'a.example', 'server.port': 6333 });
    expect(addressOf('https://a.example')).toEqual({ 'server.address': 'a.example', 'server.port': 443 });
  });
});
