/** What a project holds. Bytes are logical: what was sent, whatever a store makes of it. */
export const HELD = ['records', 'record_bytes', 'memories', 'files', 'file_bytes'] as const;
export type Held = (typeof HELD)[number];

/** What a project does in a day (UTC). */
export const FLOWS = ['requests', 'embeddings', 'events', 'stream_seconds'] as const;
export type Flow = (typeof FLOWS)[number];

export type Metric = Held | Flow;

/** The name of its quota. */
export const perDay = (flow: Flow): `${Flow}_per_day` => `${flow}_per_day`;

export type Quota = Held | `${Flow}_per_day`;

/** `soft` warns the operator, `hard` refuses. */
export interface Limit {
  readonly soft?: number | undefined;
  readonly hard?: number | undefined;
}

export type Limits = Readonly<Partial<Record<Quota, Limit>>>;

export type Figures = Readonly<Record<Held, number>>;

export const DAY_MS = 86_400_000;

/** The figures of a row that may have more. */
export const figuresOf = (row: Figures): Figures =>
  Object.fromEntries(HELD.map((held) => [held, row[held]])) as unknown as Figures;

/** The day of a moment, as `2026-01-31`. */
export const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

/** Seconds until the next day begins. */
export const secondsLeft = (ms: number): number => Math.ceil((DAY_MS - (ms % DAY_MS)) / 1_000);
