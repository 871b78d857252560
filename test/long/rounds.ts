/** Random filters for each engine. Sets of records are few, because storing one costs more than asking it. */
export const FILTERS = 50_000;
