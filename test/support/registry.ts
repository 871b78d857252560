import { ServiceFault } from '../../src/common/service-fault';
import {
  ServiceRegistry,
  type CallOptions,
  type Direction,
  type ServiceGate,
  type ServiceName,
  type ServiceState,
} from '../../src/registry/service';

/** A busy machine must not turn a call into a fault; what a test holds back longer than this is held back on purpose. */
const STRETCH = 20;

/** A registry whose states a test sets: nothing is probed, and calls go straight through, with time to spare. */
export class StillRegistry extends ServiceRegistry {
  readonly states = new Map<ServiceName, ServiceState>([['postgres', 'up']]);
  p95Ms: number | undefined;

  register(): never {
    throw new Error('Services are not registered here; set their states.');
  }

  gate(name: ServiceName): ServiceGate {
    const { states } = this;
    const stateOf = (): ServiceState => states.get(name) ?? 'disabled';
    const admits = (): boolean => stateOf() === 'up' || stateOf() === 'suspect';
    return {
      name,
      get state() {
        return stateOf();
      },
      p95Ms: this.p95Ms,
      admits,
      trip: () => void states.set(name, 'down'),
      async run<T>(_direction: Direction, call: (signal: AbortSignal) => Promise<T>, { timeoutMs }: CallOptions) {
        if (!admits()) throw new ServiceFault(name, 'not_admitted', `${name} is ${stateOf()}.`);
        const signal = AbortSignal.timeout(Number.isFinite(timeoutMs) ? timeoutMs * STRETCH : 60_000);
        const late = new Promise<never>((_resolve, reject) => {
          const fault = new ServiceFault(name, 'timeout', `${name} did not answer within ${timeoutMs} ms.`);
          signal.addEventListener('abort', () => reject(fault), { once: true });
        });
        return await Promise.race([call(signal), late]);
      },
    };
  }

  onTransition(): () => void {
    return () => undefined;
  }
}
