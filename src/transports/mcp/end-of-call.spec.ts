import { deadlineExceeded } from '../../common/errors';
import { endOf } from './end-of-call';

describe('endOf', () => {
  const pair = (): { call: AbortController; request: AbortController } => ({
    call: new AbortController(),
    request: new AbortController(),
  });

  it.each([[new Error('Connection closed')], ['I changed my mind'], [undefined]])(
    'says that the client left, whatever the call ended with (%p)',
    (reason) => {
      const { call, request } = pair();
      const signal = endOf(call.signal, request.signal);
      expect(signal.aborted).toBe(false);
      call.abort(reason);
      expect(signal.reason).toMatchObject({ code: 'client_closed' });
    },
  );

  it('gives the reason of the request, and keeps the first', () => {
    const { call, request } = pair();
    const signal = endOf(call.signal, request.signal);
    request.abort(deadlineExceeded(5));
    call.abort(new Error('Connection closed'));
    expect(signal.reason).toMatchObject({ code: 'deadline_exceeded' });
  });

  it('gives the reason of a request that ends its call', () => {
    const { call, request } = pair();
    request.signal.addEventListener('abort', () => call.abort(new Error('Connection closed')));
    const signal = endOf(call.signal, request.signal);
    request.abort(deadlineExceeded(5));
    expect(signal.reason).toMatchObject({ code: 'deadline_exceeded' });
  });

  it('has ended when one of them has', () => {
    const { call, request } = pair();
    call.abort(new Error('Connection closed'));
    expect(endOf(call.signal, request.signal).reason).toMatchObject({ code: 'client_closed' });
  });
});
