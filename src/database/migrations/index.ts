import { Initial1700000000001 } from './1700000000001-initial';
import { Followers1700000000002 } from './1700000000002-followers';
import { Memory1700000000006 } from './1700000000006-memory';

/** In the order in which they run. A released migration is never edited; a change is a new one. */
export const MIGRATIONS = [Initial1700000000001, Followers1700000000002, Memory1700000000006] as const;
