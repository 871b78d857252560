/** How the same texts are neighbours in either model, told by queries that were made from sampled records. */
export interface Comparison {
  readonly queries: number;
  /** Mean share of the ten nearest that both models name. */
  readonly overlap_at_10: number;
  /** Share of queries whose nearest record is the same. */
  readonly same_first: number;
}

/** A collection and its twin in another model. `activeId` serves; the standby follows it, whichever of the two it is. */
export interface Reembedding {
  readonly id: string;
  readonly projectId: number;
  readonly name: string;
  readonly activeId: number;
  readonly standbyId: number;
  /** The model of the collection when it began, and the one it is re-embedded by. */
  readonly fromModel: string;
  readonly toModel: string;
  readonly state: 'filling' | 'ready';
  /** Whether the new model serves. */
  readonly switched: boolean;
  readonly filledTo: string | null;
  readonly filled: number;
  readonly total: number;
  readonly comparison: Comparison | null;
  readonly lastError: string | null;
  readonly switchedAt: Date | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** What waits to be embedded, and of it what was refused: a record without a text, say. */
export interface Backlog {
  readonly waiting: number;
  readonly refused: number;
  /** Why the first of them was. */
  readonly reason: string | null;
}

/** Hidden: names of the system begin with "@", and no route can name them. */
export const standbyName = (id: string): string => `${STANDBY_PREFIX}${id}`;
export const STANDBY_PREFIX = '@standby-';
