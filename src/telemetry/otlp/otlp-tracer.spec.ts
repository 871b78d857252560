import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider, type ReadableSpan } from '@opentelemetry/sdk-trace';
import { invalid, unavailable } from '../../common/errors';
import { ServiceFault } from '../../common/service-fault';
import { OtlpTracer } from './otlp-tracer';

const PARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

const exporter = new InMemorySpanExporter();
const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
const tracer = new OtlpTracer(provider.getTracer('test'), new AsyncLocalStorageContextManager().enable());

const finished = (name: string): ReadableSpan => {
  const found = exporter.getFinishedSpans().find((span) => span.name === name);
  if (!found) throw new Error(`There is no span "${name}".`);
  return found;
};

beforeEach(() => exporter.reset());

describe('a span', () => {
  it('gives the very promise, and ends with it', async () => {
    const promise = new Promise<number>((resolve) => setTimeout(resolve, 5, 7));
    const result = tracer.span('slow', {}, () => promise);
    expect(result).toBe(promise);
    expect(exporter.getFinishedSpans()).toHaveLength(0);
    expect(await result).toBe(7);
    expect(finished('slow').ended).toBe(true);
  });

  it('is the parent of what runs in it, across awaits and side by side', async () => {
    const inner = async (name: string): Promise<void> => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      tracer.span(name, {}, () => undefined);
    };
    const branch = (name: string) => tracer.span(name, {}, () => inner(`${name}.inner`));
    await tracer.span('root', { parent: null }, () => Promise.all([branch('a'), branch('b')]));
    for (const name of ['a', 'b']) {
      expect(finished(name).parentSpanContext?.spanId).toBe(finished('root').spanContext().spanId);
      expect(finished(`${name}.inner`).parentSpanContext?.spanId).toBe(finished(name).spanContext().spanId);
    }
  });

  it('continues a remote parent, and names links; what is not valid is left out', () => {
    tracer.span('child', { parent: PARENT, links: [PARENT, undefined, 'nonsense'] }, () => undefined);
    tracer.span('root', { parent: 'nonsense' }, () => undefined);
    expect(finished('child').parentSpanContext?.spanId).toBe('b7ad6b7169203331');
    expect(finished('child').links.map(({ context }) => context.spanId)).toEqual(['b7ad6b7169203331']);
    expect(finished('root').parentSpanContext).toBeUndefined();
  });

  it('tells what goes out which span it belongs to', () => {
    const sent = tracer.span('out', { parent: PARENT }, ({ traceparent }) => traceparent);
    expect(sent).toBe(`00-0af7651916cd43dd8448eb211c80319c-${finished('out').spanContext().spanId}-01`);
  });

  it('is left by what is detached', () => {
    tracer.span('request', {}, () => {
      expect(tracer.active()?.spanId).toBeDefined();
      tracer.detached(() => expect(tracer.active()).toBeUndefined());
    });
  });
});

describe('a failure', () => {
  const UNSET = 0;
  const ERROR = 2;

  it.each([
    ['a service fault', new ServiceFault('qdrant', 'timeout', 'secret'), 'timeout', ERROR],
    ['our fault', unavailable('Postgres'), 'unavailable', ERROR],
    ['bad input', invalid('secret', []), 'invalid', UNSET],
    ['an SQL error', Object.assign(new Error('secret'), { code: '23505' }), '23505', ERROR],
    ['a defect', new TypeError('secret'), 'TypeError', ERROR],
    ['an abort', Object.assign(new Error('secret'), { name: 'AbortError' }), 'cancelled', ERROR],
    ['anything else', 'secret', '_OTHER', ERROR],
  ])('of %s is named by its kind, never by its message', async (_what, error, type, status) => {
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
    await expect(tracer.span('late', {}, () => Promise.reject(error))).rejects.toBe(error);
    const thrower = (): never => {
      // eslint-disable-next-line @typescript-eslint/only-throw-error
      throw error;
    };
    expect(() => tracer.span('now', {}, thrower)).toThrow();
    for (const name of ['late', 'now']) {
      expect(finished(name).attributes).toEqual({ 'error.type': type });
      expect(finished(name).status).toEqual({ code: status });
      expect(finished(name).events).toEqual([]);
    }
  });
});
