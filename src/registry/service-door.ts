import { ServiceFault } from '../common/service-fault';
import type { CallOptions, Direction, ServiceGate, ServiceName, ServiceState } from './service';

/** The gate that callers hold. Available before the service is registered, and `disabled` until then. */
export class ServiceDoor implements ServiceGate {
  private target: ServiceGate | undefined;

  constructor(readonly name: ServiceName) {}

  open(target: ServiceGate): void {
    this.target = target;
  }

  get state(): ServiceState {
    return this.target?.state ?? 'disabled';
  }

  get p95Ms(): number | undefined {
    return this.target?.p95Ms;
  }

  admits(direction: Direction): boolean {
    return this.target?.admits(direction) ?? false;
  }

  run<T>(direction: Direction, call: (signal: AbortSignal) => Promise<T>, options: CallOptions): Promise<T> {
    if (this.target) return this.target.run(direction, call, options);
    return Promise.reject(new ServiceFault(this.name, 'not_admitted', `${this.name} is not configured.`));
  }

  trip(reason: string): void {
    this.target?.trip(reason);
  }
}
