import { Initial1700000000001 } from './1700000000001-initial';
import { Followers1700000000002 } from './1700000000002-followers';
import { Registry1700000000003 } from './1700000000003-registry';
import { Files1700000000004 } from './1700000000004-files';
import { Events1700000000005 } from './1700000000005-events';
import { Memory1700000000006 } from './1700000000006-memory';
import { Reembedding1700000000007 } from './1700000000007-reembedding';
import { ProjectIdentity1700000000011 } from './1700000000011-project-identity';
import { BrokerGrants1700000000012 } from './1700000000012-broker-grants';
import { Removals1700000000013 } from './1700000000013-removals';
import { Isolation1700000000014 } from './1700000000014-isolation';

/** In the order in which they run. A released migration is never edited; a change is a new one. */
export const MIGRATIONS = [
  Initial1700000000001,
  Followers1700000000002,
  Registry1700000000003,
  Files1700000000004,
  Memory1700000000006,
  Events1700000000005,
  Reembedding1700000000007,
  ProjectIdentity1700000000011,
  BrokerGrants1700000000012,
  Removals1700000000013,
  Isolation1700000000014,
] as const;
