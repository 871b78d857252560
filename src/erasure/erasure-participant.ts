import { Injectable } from '@nestjs/common';
import type { Scope } from '../common/scope';

export interface ErasureStep {
  /** `erased`: confirmed gone. `pending`: not yet; it is asked again. */
  readonly state: 'erased' | 'pending';
  /** What it waits for, and what else there is to say. No content, no secrets. */
  readonly detail: Readonly<Record<string, string | number | boolean>>;
  /** What this round removed, in numbers: rounds are added up. */
  readonly removed?: Readonly<Record<string, number>>;
}

/** What the receipt says of a part: what all rounds removed, and the detail of the last. */
export const addedUp = (
  before: ErasureStep['detail'] | undefined,
  { detail, removed = {} }: ErasureStep,
): ErasureStep['detail'] => {
  const sums = Object.entries(removed).map(([name, count]) => {
    const sum = before?.[name];
    return [name, count + (typeof sum === 'number' ? sum : 0)] as const;
  });
  return { ...Object.fromEntries(sums), ...detail };
};

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
