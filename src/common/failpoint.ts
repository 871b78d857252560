/** The points at which `zerodb chaos` kills a replica: between the steps of all work that is not one transaction. */
export const FAILPOINTS = [
  'write.before-commit',
  'write.after-commit',
  'follower.after-claim',
  'follower.after-send',
  'follower.before-settle',
  'backfill.mid-page',
  'copy.before-switch',
  'copy.mid-verify',
] as const;
export type Failpoint = (typeof FAILPOINTS)[number];

let armed: { readonly name: string; countdown: number } | undefined;

/** Kills the process, as `kill -9` does, when it reaches `name` for the `times`-th time. For fault tests only. */
export const armFailpoint = (name: Failpoint, times = 1): void => {
  armed = { name, countdown: times };
};

export const reachFailpoint = (name: Failpoint): void => {
  if (armed?.name !== name) return;
  armed.countdown -= 1;
  if (armed.countdown <= 0) process.kill(process.pid, 'SIGKILL');
};
