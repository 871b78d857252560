import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import type { Logger } from 'pino';
import { BackgroundWork } from '../common/background-work';
import { LOGGER } from '../telemetry/logger';
import { ServiceDoor } from './service-door';
import type { Change } from './judge/judge';
import { RegistryMetrics } from './registry-metrics';
import {
  SERVICE_NAMES,
  ServiceRegistry,
  type ServiceDescriptor,
  type ServiceGate,
  type ServiceName,
  type Transition,
} from './service';
import { disabledView, viewOf, type ServiceView } from './service-view';
import { systemTime, type Random, type Time } from './time';
import { WatchedService } from './watched-service';

/** The registry of one process. Each replica judges independently; only an operator's drain is shared. */
@Injectable()
export class WatchingRegistry extends ServiceRegistry implements OnModuleDestroy {
  private readonly watched = new Map<ServiceName, WatchedService>();
  private readonly doors = new Map<ServiceName, ServiceDoor>();
  private readonly drained = new Map<ServiceName, string>();
  private readonly listeners = new Set<(transition: Transition) => void>();
  private readonly startedAt = new Date();
  private readonly time: Time = systemTime;
  private readonly random: Random = Math.random;

  constructor(
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly metrics: RegistryMetrics,
    private readonly background: BackgroundWork,
  ) {
    super();
    for (const name of SERVICE_NAMES) {
      this.doors.set(name, new ServiceDoor(name));
      metrics.state(name, 'disabled');
    }
  }

  register(descriptor: ServiceDescriptor): ServiceGate {
    const { name } = descriptor;
    if (this.watched.has(name)) throw new Error(`The service "${name}" is already registered.`);
    const { time, random, metrics, background } = this;
    const onChange = (change: Change): void => this.changed(name, change);
    const service = new WatchedService({ descriptor, time, random, metrics, background, onChange });
    this.watched.set(name, service);
    this.doorOf(name).open(service.gate);
    const drained = this.drained.get(name);
    if (drained !== undefined) service.drain(drained);
    void service.start();
    return this.gate(name);
  }

  /**
   * Takes a service out of use in this process, at once and until it is restored; also one that is registered later.
   */
  drain(name: ServiceName, reason: string): void {
    this.drained.set(name, reason);
    this.watched.get(name)?.drain(reason);
  }

  restore(name: ServiceName): void {
    if (this.drained.delete(name)) this.watched.get(name)?.restore('restored by an operator');
  }

  gate(name: ServiceName): ServiceGate {
    return this.doorOf(name);
  }

  onTransition(listener: (transition: Transition) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** The views of all services, including those that are not configured. Reads memory only. */
  views(): ServiceView[] {
    return SERVICE_NAMES.map((name) => this.view(name));
  }

  view(name: ServiceName): ServiceView {
    const service = this.watched.get(name);
    return service ? viewOf(service, this.time.now()) : disabledView(name, this.startedAt);
  }

  /** The service, if it was registered. */
  find(name: ServiceName): WatchedService | undefined {
    return this.watched.get(name);
  }

  onModuleDestroy(): void {
    for (const service of this.watched.values()) service.stop();
  }

  private doorOf(name: ServiceName): ServiceDoor {
    const door = this.doors.get(name);
    if (!door) throw new Error(`There is no service "${name}".`);
    return door;
  }

  private changed(service: ServiceName, { from, to, reason }: Change): void {
    this.metrics.state(service, to);
    this.metrics.transition(service, from, to);
    const level = from !== 'drained' && (to === 'down' || to === 'suspect') ? 'warn' : 'info';
    this.logger[level]({ service, from, to, reason }, `${service} is ${to}: ${reason}`);
    const transition: Transition = { service, from, to, reason, at: new Date() };
    for (const listener of this.listeners) this.notifyListener(listener, transition);
  }

  /** A listener's fault must not reach the judge. */
  private notifyListener(listener: (transition: Transition) => void, transition: Transition): void {
    try {
      listener(transition);
    } catch (error) {
      this.logger.error({ err: error }, 'A listener to changes of state failed');
    }
  }
}
