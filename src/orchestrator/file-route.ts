/** Where a copy of some bytes can be. `object_store` is S3; `filesystem` serves where no S3 is configured. */
export const STORE_NAMES = ['object_store', 'filesystem', 'mirror', 'cold', 'spool'] as const;
export type StoreName = (typeof STORE_NAMES)[number];

/** What is known of a store when a request begins. */
export interface StoreFacts {
  readonly has: (store: StoreName) => boolean;
  readonly admits: (store: StoreName) => boolean;
}

/** The nearest first. The spool is in Postgres, which has other work. */
const READ_ORDER: readonly StoreName[] = ['object_store', 'filesystem', 'cold', 'mirror', 'spool'];
const DOUBTED = 10;
const OUT = 100;

/** The store that bytes belong in; `undefined`: there is none. */
export const homeOf = (has: StoreFacts['has']): StoreName | undefined =>
  (['object_store', 'filesystem'] as const).find(has);

/** The copies in the order in which to ask them: trusted before doubted ones, stores that answer before others. */
export const readRouteOf = <C extends { readonly store: StoreName; readonly state: string }>(
  copies: readonly C[],
  { has, admits }: StoreFacts,
): C[] => {
  const rank = ({ store, state }: C): number =>
    READ_ORDER.indexOf(store) + (state === 'live' ? 0 : DOUBTED) + (admits(store) ? 0 : OUT);
  return copies.filter(({ store }) => has(store)).sort((a, b) => rank(a) - rank(b));
};

export interface WriteRoute {
  /** The stores that are to have the bytes. Those that do not take them now get them later. */
  readonly wanted: readonly StoreName[];
  /** The ones that take them now. One that succeeds is enough. */
  readonly now: readonly StoreName[];
  /** Takes them when none of these does. */
  readonly standIn: StoreName | undefined;
}

/** Where new bytes go. A folder that fails has no stand-in: it is on the disk of Postgres, more often than not. */
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
