/** What is waiting in a search: the cheapest first; of equal ones the one that came first. */
export class CheapestFirst {
  private readonly items: { readonly node: string; readonly cost: number; readonly turn: number }[] = [];
  private turns = 0;

  get size(): number {
    return this.items.length;
  }

  /** `Infinity` when nothing waits. */
  get cheapest(): number {
    return this.items[0]?.cost ?? Infinity;
  }

  /** About the cheapest `count`. */
  first(count: number): string[] {
    return this.items.slice(0, count).map(({ node }) => node);
  }

  push(node: string, cost: number): void {
    this.items.push({ node, cost, turn: this.turns++ });
    let at = this.items.length - 1;
    while (at > 0 && this.isBefore(at, (at - 1) >> 1)) at = this.swap(at, (at - 1) >> 1);
  }

  pop(): { readonly node: string; readonly cost: number } | undefined {
    const top = this.items[0];
    const last = this.items.pop();
    if (top === undefined || last === undefined || this.items.length === 0) return top;
    this.items[0] = last;
    this.sink(0);
    return top;
  }

  private sink(start: number): void {
    let at = start;
    for (;;) {
      let least = at;
      for (const child of [2 * at + 1, 2 * at + 2]) {
        if (child < this.items.length && this.isBefore(child, least)) least = child;
      }
      if (least === at) return;
      at = this.swap(at, least);
    }
  }

  private isBefore(a: number, b: number): boolean {
    const [left, right] = [this.items[a], this.items[b]];
    if (!left || !right) return false;
    return left.cost < right.cost || (left.cost === right.cost && left.turn < right.turn);
  }

  private swap(a: number, b: number): number {
    const [left, right] = [this.items[a], this.items[b]];
    if (left && right) [this.items[a], this.items[b]] = [right, left];
    return b;
  }
}
