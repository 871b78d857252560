import { Injectable } from '@nestjs/common';
import { invalidAt, ZeroDbError } from '../../common/errors';
import type { Caller, Scope } from '../../common/scope';
import { BrokerGrantsRepository, type BrokerAccess, type BrokerGrant } from './broker-grants.repository';
import { BrokerNames } from './broker-names';

/** In any case: such names belong to a project, to ZeroDB or to the broker. */
const RESERVED = /^(zerodb[._]|_)/i;

export const isReserved = (topic: string): boolean => RESERVED.test(topic);

/** Topics of the broker outside of a project's own prefix: granted by the root key, one by one, by their exact names. */
@Injectable()
export class BrokerGrants {
  constructor(
    private readonly repository: BrokerGrantsRepository,
    private readonly names: BrokerNames,
  ) {}

  /** Throws `forbidden` at `path`, or `invalid` for a topic that cannot be granted. */
  async mustAllow(scope: Scope, topic: string, access: BrokerAccess, path: string): Promise<void> {
    if (topic.startsWith(await this.names.prefixOf(scope))) return;
    if (isReserved(topic)) throw invalidAt(path, 'belongs to another project, or to the broker');
    const grant = await this.find(scope, topic);
    if (grant?.access.includes(access)) return;
    const doing = access === 'read' ? 'reading' : 'writing';
    const message = `The broker's topic "${topic}" is not granted to this project for ${doing}; the root key grants it.`;
    throw new ZeroDbError('forbidden', 403, message, { faults: [{ path, message: `needs a grant for ${doing}` }] });
  }

  /** The same for a caller that may hold the root key: its request for a topic is also the grant. */
  async mustAllowOrGrant(
    { scope, isRoot }: Pick<Caller, 'scope' | 'isRoot'>,
    topic: string,
    access: BrokerAccess,
    path: string,
  ): Promise<void> {
    const isOutside = isRoot && !isReserved(topic) && !topic.startsWith(await this.names.prefixOf(scope));
    if (isOutside) await this.extend(scope, topic, access);
    await this.mustAllow(scope, topic, access, path);
  }

  private async extend(scope: Scope, topic: string, access: BrokerAccess): Promise<void> {
    const held = (await this.find(scope, topic))?.access ?? [];
    if (!held.includes(access)) await this.put(scope, topic, [...held, access]);
  }

  async find(scope: Scope, topic: string): Promise<BrokerGrant | undefined> {
    return await this.repository.find(scope, topic);
  }

  /** In the order of their names, after `after`. */
  async list(scope: Scope, limit: number, after: string): Promise<BrokerGrant[]> {
    return await this.repository.list(scope, limit, after);
  }

  /** Holds subscriptions that lose their topic, in the same transaction. */
  async put(scope: Scope, topic: string, access: readonly BrokerAccess[]): Promise<BrokerGrant> {
    return await this.repository.put(scope, topic, access);
  }

  /** Returns whether there was one. */
  async delete(scope: Scope, topic: string): Promise<boolean> {
    return await this.repository.delete(scope, topic);
  }
}
