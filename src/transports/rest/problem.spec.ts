import { ServiceFault } from '../../common/service-fault';
import { errorOf } from './problem';

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
