import { Injectable } from '@nestjs/common';
import type { Scope } from '../../common/scope';

export interface ErasureStep {
  /** `erased`: confirmed gone. `pending`: not yet; it is asked again. */
  readonly state: 'erased' | 'pending';
  /** What was removed, or what it waits for. No content, no secrets. */
  readonly detail: Readonly<Record<string, string | number | boolean>>;
}

/** A capability that keeps something of people. It may be asked any number of times, and says `erased` only when it is. */
export interface ErasureParticipant {
  /** As the receipt names it: `files`, `events`. */
  readonly name: string;
  erase(scope: Scope, userId: string, signal: AbortSignal): Promise<ErasureStep>;
}

/** Who takes part in the erasure of a person. Capabilities register themselves. */
@Injectable()
export class ErasureParticipants {
  private readonly known = new Map<string, ErasureParticipant>();

  register(participant: ErasureParticipant): void {
    if (this.known.has(participant.name)) throw new Error(`"${participant.name}" takes part in erasures already.`);
    this.known.set(participant.name, participant);
  }

  all(): readonly ErasureParticipant[] {
    return [...this.known.values()];
  }
}
