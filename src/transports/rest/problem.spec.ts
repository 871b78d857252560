import { ServiceFault } from '../../common/service-fault';
import { rateLimited, unavailable } from '../../common/errors';
import { errorOf, problemOf } from './problem';

describe('errorOf', () => {
  it('makes a service that nobody could stand in for a 503 that may be tried again', () => {
    const error = errorOf(new ServiceFault('object_store', 'timeout', 'no answer from minio:9000'));
    expect(error).toMatchObject({ status: 503, code: 'unavailable', retryable: true, retryAfterSeconds: 1 });
    expect(error.message).toContain('The object store');
  });

  it('keeps what a service refused of us internal', () => {
    expect(errorOf(new ServiceFault('qdrant', 'rejected', 'bad filter'))).toMatchObject({ status: 500 });
  });
});

describe('problemOf', () => {
  it('says what became of a write, and nothing of it for reads', () => {
    expect(problemOf(rateLimited(1).withOutcome('not_applied'), 'r')).toMatchObject({ outcome: 'not_applied' });
    expect(problemOf(rateLimited(1), 'r')).not.toHaveProperty('outcome');
  });

  it('keeps what is unknown unknown, and does not say then that nothing was changed', () => {
    const unknown = unavailable('Postgres').withOutcome('unknown').withOutcome('not_applied');
    const problem = problemOf(unknown, 'r');
    expect(problem.outcome).toBe('unknown');
    expect(problem.detail).toContain('may have been applied');
  });
});
