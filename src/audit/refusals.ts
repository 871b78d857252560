import { Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { Act } from '../api/act';
import type { EndpointDefinition } from '../api/endpoint';
import type { BackgroundLoop } from '../common/background-loop';
import { BackgroundWork } from '../common/background-work';
import type { ZeroDbError } from '../common/errors';
import type { Scope } from '../common/scope';
import { AuditBatch } from './audit-batch';
import { AuditKeys } from './audit-keys';
import { chainOf, endingOf, entryOf, type Attempt, type Ending } from './audited';
import { macOf } from './entry';

const PIECE = {
  name: 'audit_refusals',
  description: 'Writes how often requests were refused that are told of once in ten minutes.',
  intervalMs: 10 * 60_000,
  role: 'any',
} as const;

/** Different refusals that are told one by one within the interval. Those of strangers must not crowd out those of keys. */
const MOST = { guests: 100, keys: 1_000 } as const;
/** What stands for all that is beyond them. */
const MANY = 'many';
const MANY_OPERATIONS = 'manyOperations';

interface Tally {
  readonly attempt: Attempt;
  /** Whose log it is in. */
  readonly chain: Scope;
  /** `undefined`: not all have the same. */
  ending: Ending | undefined;
  more: number;
}

/**
 * Who was refused what. The first refusal of one address or key, of one operation and with one code, is told at once; how often it
 * was repeated is told after ten minutes. What exceeds the limit is counted for each log, and names nobody. So strangers make a
 * process write 201 entries in ten minutes at most, however many requests they send.
 */
@Injectable()
export class Refusals implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly loop: BackgroundLoop;
  private tallies = { guests: new Map<string, Tally>(), keys: new Map<string, Tally>() };
  private many = new Map<string, Tally>();

  constructor(
    private readonly batch: AuditBatch,
    private readonly keys: AuditKeys,
    background: BackgroundWork,
  ) {
    this.loop = background.every(PIECE, () => this.flush());
  }

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.loop.stop();
    await this.flush();
    await this.batch.flush().catch(() => undefined);
  }

  add(attempt: Attempt, error: ZeroDbError): void {
    const { definition, caller } = attempt;
    const refused = { ...attempt, definition: { ...definition, audit: classOf(definition) } };
    const chain = chainOf(refused);
    const kind = caller.scope.projectId === 0 ? 'guests' : 'keys';
    const key = [caller.keyId ?? caller.address, definition.operationId, error.code, chain.projectId].join(' ');
    const tallies = this.tallies[kind];
    const known = tallies.get(key) ?? (tallies.size < MOST[kind] ? undefined : this.others(refused, chain, error));
    if (known) known.more += 1;
    else {
      const tally = { attempt: refused, chain, ending: endingOf(error), more: 0 };
      tallies.set(key, tally);
      void this.tell(tally, 1);
    }
  }

  /** Of one log. Nobody of them is named: it would be an innocent one as often as not. */
  private others(attempt: Attempt, chain: Scope, error: ZeroDbError): Tally {
    const kind = attempt.caller.scope.projectId === 0 ? 'guests' : 'keys';
    const id = `${kind} ${chain.projectId}`;
    const ending = endingOf(error);
    const known = this.many.get(id);
    if (!known) {
      const made = { attempt: manyOf(attempt, kind), chain, ending, more: 0 };
      this.many.set(id, made);
      return made;
    }
    if (known.ending?.code !== ending.code) known.ending = undefined;
    return known;
  }

  private async flush(): Promise<void> {
    const tallies = [...this.tallies.guests.values(), ...this.tallies.keys.values(), ...this.many.values()];
    this.tallies = { guests: new Map(), keys: new Map() };
    this.many = new Map();
    for (const tally of tallies) {
      // What it was about is only known of the first one.
      const attempt = { ...tally.attempt, params: {} };
      if (tally.more > 0) await this.tell({ ...tally, attempt }, tally.more);
    }
  }

  private async tell({ attempt, chain, ending = MIXED }: Tally, count: number): Promise<void> {
    const keys = await this.keys.get().catch(() => undefined);
    if (!keys) return;
    const entry = entryOf(attempt, chain, keys, { ...ending, count });
    this.batch.add({ projectId: chain.projectId, entry, mac: macOf(keys.macKey, chain.projectId, entry) });
  }
}

const MIXED: Ending = { outcome: 'refused', status: null };

const manyOf = ({ definition, caller }: Attempt, kind: 'guests' | 'keys'): Attempt => {
  const act = new Act();
  if (kind === 'keys') act.by(MANY);
  return {
    definition: { ...definition, operationId: MANY_OPERATIONS, audit: 'read' },
    caller: { scope: caller.scope, role: caller.role, isRoot: false, keyId: null, requestId: '', address: MANY },
    params: {},
    act,
  };
};

/** A refused look at the process itself is worth knowing, too. */
const classOf = ({ audit }: EndpointDefinition): 'admin' | 'write' | 'read' => (audit === 'none' ? 'read' : audit);
