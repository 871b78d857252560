/** Collects the values of one statement; its text contains only their numbers. */
export class SqlParams {
  readonly values: unknown[];
  private readonly known = new Map<string, string>();

  constructor(initial: readonly unknown[] = []) {
    this.values = [...initial];
  }

  /** Binds a value and returns how the text refers to it: `$3`, or `$3::jsonb` with a cast. */
  add(value: unknown, cast?: string): string {
    this.values.push(value);
    return `$${this.values.length}${cast === undefined ? '' : `::${cast}`}`;
  }

  /** Binds several values and returns how the text refers to each, by its name. */
  addAll<Name extends string>(values: Readonly<Record<Name, unknown>>): Readonly<Record<Name, string>> {
    const references = Object.entries(values).map(([name, value]) => [name, this.add(value)]);
    return Object.fromEntries(references) as Record<Name, string>;
  }

  /** Like `add` for a string that may occur again, such as a field name: it is bound once per cast. */
  share(value: string, cast: string): string {
    const key = `${cast}:${value}`;
    const reference = this.known.get(key) ?? this.add(value, cast);
    this.known.set(key, reference);
    return reference;
  }
}
