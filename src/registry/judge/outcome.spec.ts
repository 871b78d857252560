import { ServiceFault, type ServiceFaultKind } from '../../common/service-fault';
import { isOfSettings, outcomeOfAbandoned, outcomeOfAnswer, outcomeOfError } from './outcome';

const fault = (kind: ServiceFaultKind): ServiceFault => new ServiceFault('qdrant', kind, 'x');

describe('what a call says about the service', () => {
  it.each<[ServiceFaultKind, number | undefined]>([
    ['refused', 1],
    ['reset', 1],
    ['timeout', 1],
    ['server_error', 1],
    ['throttled', 0.5],
    ['bad_answer', 1],
    ['wrong_data', 1],
    ['unauthorised', 1],
    ['tls', 1],
    ['incompatible', 1],
    ['rejected', undefined],
    ['not_admitted', undefined],
  ])('%s counts %s', (kind, weight) => {
    const outcome = outcomeOfError(fault(kind));
    expect(outcome.kind === 'fault' ? outcome.weight : undefined).toBe(weight);
  });

  it('takes defects of ours and plain errors for nothing', () => {
    for (const error of [new TypeError('x'), new Error('x'), 'x', undefined]) {
      expect(outcomeOfError(error)).toEqual({ kind: 'ignored' });
    }
  });

  it('calls an answer slow past the limit, and one that was given up only then', () => {
    expect([320, 321].map((ms) => outcomeOfAnswer(ms, 320).kind)).toEqual(['good', 'slow']);
    expect([320, 321].map((ms) => outcomeOfAbandoned(ms, 320).kind)).toEqual(['ignored', 'slow']);
  });

  it('knows what no waiting heals', () => {
    const kinds: ServiceFaultKind[] = ['unauthorised', 'tls', 'incompatible', 'refused', 'wrong_data'];
    expect(kinds.map((kind) => isOfSettings(fault(kind)))).toEqual([true, true, true, false, false]);
  });
});
