/** Possible locations of a copy of the bytes. `object_store` is S3; `filesystem` serves where no S3 is configured. */
export const STORE_NAMES = ['object_store', 'filesystem', 'mirror', 'cold', 'spool'] as const;
export type StoreName = (typeof STORE_NAMES)[number];

/** The state of the stores when a request begins. */
export interface StoreFacts {
  readonly has: (store: StoreName) => boolean;
  readonly admits: (store: StoreName) => boolean;
}

/** Nearest first. The spool is last, because it loads Postgres. */
const READ_ORDER: readonly StoreName[] = ['object_store', 'filesystem', 'cold', 'mirror', 'spool'];
const SUSPECT_PENALTY = 10;
const DOWN_PENALTY = 100;

/** The store that bytes belong in; `undefined` when there is none. */
export const homeOf = (has: StoreFacts['has']): StoreName | undefined =>
  (['object_store', 'filesystem'] as const).find(has);

/** The copies in reading order: trusted before doubted ones, available stores before others. */
export const readRouteOf = <C extends { readonly store: StoreName; readonly state: string }>(
  copies: readonly C[],
  { has, admits }: StoreFacts,
): C[] => {
  const rank = ({ store, state }: C): number =>
    READ_ORDER.indexOf(store) + (state === 'live' ? 0 : SUSPECT_PENALTY) + (admits(store) ? 0 : DOWN_PENALTY);
  return copies.filter(({ store }) => has(store)).sort((a, b) => rank(a) - rank(b));
};

export interface WriteRoute {
  /** The stores that should have the bytes. Unavailable ones receive them later. */
  readonly wanted: readonly StoreName[];
  /** The stores to write to now. One success is enough. */
  readonly now: readonly StoreName[];
  /** Used when all of these fail. */
  readonly standIn: StoreName | undefined;
}

/** Where new bytes go. A failed folder has no stand-in: it is usually on the same disk as Postgres. */
export const writeRouteOf = ({ has, admits }: StoreFacts, { mirrored }: { readonly mirrored: boolean }): WriteRoute => {
  const home = homeOf(has);
  const mirrors: readonly StoreName[] = mirrored && has('mirror') ? ['mirror'] : [];
  const wanted = home === undefined ? mirrors : [home, ...mirrors];
  return {
    wanted,
    now: wanted.filter(admits),
    standIn: home === 'object_store' && has('spool') ? 'spool' : undefined,
  };
};
