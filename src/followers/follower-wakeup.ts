import { Injectable } from '@nestjs/common';

/** Tells this process's followers about a commit here. Other processes find it by polling. */
@Injectable()
export class FollowerWakeup {
  private readonly listeners = new Set<() => void>();

  /** Call after the commit; costs nothing without followers. */
  signal(): void {
    for (const listener of this.listeners) listener();
  }

  /** Returns the function that stops it. */
  onSignal(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}
