/** Random filters for each engine. Sets of records are few, because storing one costs more than asking it. */
export const FILTERS = 50_000;

/** Small requests of all kinds for each engine: enough for a leak of 60 bytes a request to exceed the bound. */
export const REQUESTS = 1_000_000;
