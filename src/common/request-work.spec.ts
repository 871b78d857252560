import { outsideRequest, currentRequest, forRequest } from './request-work';

describe('the work of a request', () => {
  it('is found wherever the request leads, and nowhere else', async () => {
    expect(currentRequest()).toBeUndefined();
    await forRequest(100, 100, async (request) => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      expect(currentRequest()).toBe(request);
      expect(outsideRequest(() => currentRequest())).toBeUndefined();
    });
  });

  it('is not applied when nothing was committed', () => {
    forRequest(100, 100, (request) => {
      request.commits()('refused');
      expect(request.seal()).toBe('not_applied');
      expect(() => request.mustGoOn()).toThrow('did not finish');
    });
  });

  it.each(['committed', 'unsure'] as const)('is unknown when a commit was %s', (how) => {
    forRequest(100, 100, (request) => {
      request.commits()(how);
      expect(request.seal()).toBe('unknown');
    });
  });

  it('is unknown while a commit is on its way', () => {
    forRequest(100, 100, (request) => {
      request.commits();
      expect(request.seal()).toBe('unknown');
    });
  });

  it('goes no further once its time is over', () => {
    forRequest(100, 0, (request) => {
      expect(request.remainingMs).toBe(0);
      expect(() => request.mustGoOn()).toThrow(expect.objectContaining({ outcome: 'not_applied' }) as Error);
    });
  });

  it('counts what a request within it did, and stops it', () => {
    forRequest(100, 100, (outer) => {
      forRequest(null, null, (inner) => {
        expect(inner.remainingMs).toBeLessThanOrEqual(100);
        inner.commits()('committed');
        expect(outer.seal()).toBe('unknown');
        expect(() => inner.mustGoOn()).toThrow('did not finish');
      });
    });
  });

  it('binds nothing after a good answer', () => {
    forRequest(100, 0, (request) => {
      request.end();
      expect(request.remainingMs).toBe(Number.POSITIVE_INFINITY);
      expect(() => request.mustGoOn()).not.toThrow();
    });
  });
});
