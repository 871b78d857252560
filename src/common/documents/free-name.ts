/** A name that is not taken: the name itself, or with `_2`, `_3` … behind it. Remembers it as taken. */
export class FreeNames {
  private readonly taken = new Set<string>();
  /** The last number given to each name, so that many equal names do not each count from 2. */
  private readonly counts = new Map<string, number>();

  constructor(reserved: Iterable<string> = []) {
    for (const name of reserved) this.taken.add(name);
  }

  take(name: string): string {
    let free = name;
    for (let count = this.counts.get(name) ?? 1; this.taken.has(free);) {
      count += 1;
      this.counts.set(name, count);
      free = `${name}_${count}`;
    }
    this.taken.add(free);
    return free;
  }
}
