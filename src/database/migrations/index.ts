import { Initial1700000000001 } from './1700000000001-initial';

/** In the order in which they run. A released migration is never edited; a change is a new one. */
export const MIGRATIONS = [Initial1700000000001] as const;
