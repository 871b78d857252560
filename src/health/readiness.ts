import { Injectable } from '@nestjs/common';
import { ServiceRegistry } from '../registry/service';

/** Whether requests should come here: Postgres serves, and the process is not about to stop. Nothing else matters. */
@Injectable()
export class Readiness {
  private isDraining = false;

  constructor(private readonly registry: ServiceRegistry) {}

  /** From now on the process says that it is not ready: load balancers look elsewhere before it stops. */
  drain(): void {
    this.isDraining = true;
  }

  get isReady(): boolean {
    const { state } = this.registry.gate('postgres');
    return !this.isDraining && (state === 'up' || state === 'suspect');
  }

  get draining(): boolean {
    return this.isDraining;
  }
}
