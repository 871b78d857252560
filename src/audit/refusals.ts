import { Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { Act } from '../api/act';
import type { EndpointDefinition } from '../api/endpoint';
import type { BackgroundLoop } from '../common/background-loop';
import { BackgroundWork } from '../common/background-work';
import type { ZeroDbError } from '../common/errors';
import type { Caller } from '../common/scope';
import { AuditBatch } from './audit-batch';
import { AuditKeys } from './audit-keys';
import { chainOf, endingOf, entryOf, type Attempt } from './audited';
import { macOf } from './entry';

const PIECE = {
  name: 'audit_refusals',
  description: 'Writes how often requests were refused that are told of once in ten minutes.',
  intervalMs: 10 * 60_000,
  role: 'any',
} as const;

/** Different refusals that are told one by one within the interval. Those of strangers must not crowd out those of keys. */
const MOST = { guests: 100, keys: 1_000 } as const;
const MANY = 'many addresses';

interface Tally {
  readonly attempt: Attempt;
  readonly error: ZeroDbError;
  more: number;
}

/**
 * Who was refused what. The first refusal of one address or key, of one operation and with one code, is told at once; how often it
 * was repeated is told after ten minutes. So strangers write 201 entries in ten minutes at most, however many requests they send.
 */
@Injectable()
export class Refusals implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly loop: BackgroundLoop;
  private tallies = { guests: new Map<string, Tally>(), keys: new Map<string, Tally>() };

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

  /** The caller is nobody where the key itself was refused; `claimed` is the id that it bears. */
  add(definition: EndpointDefinition, caller: Caller, error: ZeroDbError, claimed?: string): void {
    const act = new Act();
    if (claimed !== undefined) act.name('claimed_key', claimed);
    const attempt = { definition: { ...definition, audit: classOf(definition) }, caller, params: {}, act };
    const kind = caller.scope.projectId === 0 ? 'guests' : 'keys';
    const key = [caller.keyId ?? caller.address, definition.operationId, error.code].join(' ');
    const tallies = this.tallies[kind];
    const known = tallies.get(key) ?? (tallies.size < MOST[kind] ? undefined : this.others(tallies, attempt, error));
    if (known) known.more += 1;
    else {
      tallies.set(key, { attempt, error, more: 0 });
      void this.tell(attempt, error, 1);
    }
  }

  private others(tallies: Map<string, Tally>, attempt: Attempt, error: ZeroDbError): Tally {
    const others = tallies.get(MANY);
    if (others) return others;
    const { caller } = attempt;
    const made = { attempt: { ...attempt, caller: { ...caller, address: MANY } }, error, more: 0 };
    tallies.set(MANY, made);
    return made;
  }

  private async flush(): Promise<void> {
    const { guests, keys } = this.tallies;
    this.tallies = { guests: new Map(), keys: new Map() };
    for (const { attempt, error, more } of [...guests.values(), ...keys.values()]) {
      if (more > 0) await this.tell(attempt, error, more);
    }
  }

  private async tell(attempt: Attempt, error: ZeroDbError, count: number): Promise<void> {
    const keys = await this.keys.get().catch(() => undefined);
    if (!keys) return;
    const chain = chainOf(attempt);
    const entry = entryOf(attempt, chain, keys, { ...endingOf(error), count });
    this.batch.add({ projectId: chain.projectId, entry, mac: macOf(keys.macKey, chain.projectId, entry) });
  }
}

/** A refused look at the process itself is worth knowing, too. */
const classOf = ({ audit }: EndpointDefinition): 'admin' | 'write' | 'read' => (audit === 'none' ? 'read' : audit);
