import { toFault } from './faults';

const coded = (code: string): Error => Object.assign(new Error('of Postgres'), { code });

describe('toFault', () => {
  it.each([
    ['a lock that was not had in time', '55P03', 'Another change of the same data did not end in time'],
    ['a deadlock that was lost again and again', '40P01', 'Another change of the same data did not end in time'],
    ['a serialization failure', '40001', 'Another change of the same data did not end in time'],
    ['a statement that was cancelled', '57014', 'Postgres took too long for this request'],
    ['a shutdown', '57P01', 'Postgres is currently unavailable'],
    ['too many clients', '53300', 'Postgres is currently unavailable'],
    ['a refused connection', 'ECONNREFUSED', 'Postgres is currently unavailable'],
  ])('names what is to blame: %s', (_, code, message) => {
    expect(toFault(coded(code))).toMatchObject({ status: 503, code: 'unavailable', retryable: true });
    expect((toFault(coded(code)) as Error).message).toContain(message);
  });

  it('passes on what is wrong with the statement', () => {
    const error = coded('42601');
    expect(toFault(error)).toBe(error);
  });

  it('is not misled by what a statement says', () => {
    const says = 'the server does not support SSL connections';
    const error = Object.assign(new Error(`invalid input syntax for type integer: "${says}"`), { code: '22P02' });
    expect(toFault(error)).toBe(error);
    expect(toFault(new Error(says))).toMatchObject({ status: 503, code: 'unavailable' });
  });
});
