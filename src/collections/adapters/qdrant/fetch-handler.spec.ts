import { fail, respond, type FetchHandler } from './fetch-handler';

/** Fakes of what a `fetch` hands over; the real one of this Node is used in test/contracts/qdrant-faults.spec.ts. */
const recorder = (names: readonly string[]) => {
  const calls: [string, ...unknown[]][] = [];
  const methods = names.map((name) => [name, (...args: unknown[]) => calls.push([name, ...args])]);
  return { calls, handler: Object.fromEntries(methods) as unknown as FetchHandler };
};

const UP_TO_7 = ['onConnect', 'onHeaders', 'onData', 'onComplete', 'onError'];
const FROM_8 = ['onRequestStart', 'onResponseStart', 'onResponseData', 'onResponseEnd', 'onResponseError'];

describe('the handler of a fetch', () => {
  it('gets a whole answer in the way of undici 7', () => {
    const { calls, handler } = recorder(UP_TO_7);
    respond(handler, '{"é":1}');
    expect(calls.map(([name]) => name)).toEqual(UP_TO_7.slice(0, 4));
    expect(calls[1]?.slice(1, 3)).toEqual([200, [Buffer.from('content-type'), Buffer.from('application/json')]]);
    expect(String(calls[2]?.[1])).toBe('{"é":1}');
  });

  it('gets a whole answer in the way of undici 8', () => {
    const { calls, handler } = recorder(FROM_8);
    respond(handler, '{"é":1}');
    expect(calls.map(([name]) => name)).toEqual(FROM_8.slice(0, 4));
    expect(calls[1]?.slice(2, 4)).toEqual([200, { 'content-type': 'application/json' }]);
    expect(String(calls[2]?.[2])).toBe('{"é":1}');
  });

  it.each([
    ['onError', UP_TO_7],
    ['onResponseError', FROM_8],
  ])('is ended by %s', (name, methods) => {
    const { calls, handler } = recorder(methods);
    fail(handler, new Error('lost'));
    expect(calls.map(([called]) => called)).toEqual([name]);
    expect(calls[0]?.at(-1)).toEqual(new Error('lost'));
  });
});
