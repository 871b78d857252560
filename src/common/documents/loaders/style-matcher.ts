import { BrokenFileError } from '../document';
import { partsOf, specificityOf, type SeenElement, type SelectorPart, type Specificity } from './selector-parts';
import { readToHide } from './hiding-values';
import type { Declarations, Declared, StyleRule } from './style-rules';

interface Part extends SelectorPart {
  readonly index: number;
  /** Of the last part: what the rule declares. */
  readonly rule?: WeighedRule;
}

interface WeighedRule {
  readonly declarations: Declarations;
  readonly specificity: Specificity;
}

/** An open element: which parts it and its children so far match. */
interface Frame {
  readonly matched: ReadonlySet<number>;
  lastChild: ReadonlySet<number>;
  readonly children: Set<number>;
  hasChild: boolean;
}

/** Pages have thousands of rules and elements, each rule for few elements. A file that needs more is made to be slow. */
const MAX_COMPARISONS = 50_000_000;
const NONE: ReadonlySet<number> = new Set();

/**
 * Which rules apply to each element while the document is read, in one pass. A part of a selector matches when its element
 * does and the part before it matched an element in the right place; so nothing is ever searched backwards.
 */
export class StyleMatcher {
  private readonly byKey = new Map<string, Part[]>();
  /** How many open elements match each part. */
  private readonly open: number[] = [];
  private readonly frames: Frame[] = [frameOf(NONE)];
  private comparisons = 0;

  constructor(rules: readonly StyleRule[]) {
    for (const { selector, declarations } of relevant(rules)) {
      const parts = partsOf(selector);
      const rule = { declarations, specificity: specificityOf(selector) };
      parts.forEach((part, at) => this.add(part, at === parts.length - 1 ? rule : undefined));
    }
  }

  /** Takes an element that opens. Returns what applies to it, by property; `inline` is its style attribute. */
  openElement(name: string, attributes: Readonly<Record<string, string>>, inline: Declarations): Map<string, string> {
    const parent = this.frames.at(-1) as Frame;
    const element = seen(name, attributes, this.frames.length === 1, !parent.hasChild);
    const matched = this.match(element, parent);
    const rules: WeighedRule[] = [];
    for (const part of matched) if (part.rule !== undefined) rules.push(part.rule);
    const indexes = matched.length === 0 ? NONE : new Set(matched.map(({ index }) => index));
    for (const index of indexes) this.open[index] = (this.open[index] ?? 0) + 1;
    for (const index of indexes) parent.children.add(index);
    parent.lastChild = indexes;
    parent.hasChild = true;
    this.frames.push(frameOf(indexes));
    return cascade(rules, inline);
  }

  closeElement(): void {
    if (this.frames.length === 1) return;
    for (const index of this.frames.pop()?.matched ?? NONE) this.open[index] = (this.open[index] ?? 0) - 1;
  }

  private add(part: SelectorPart, rule: WeighedRule | undefined): void {
    const index = this.open.push(0) - 1;
    const parts = this.byKey.get(part.key) ?? [];
    parts.push({ ...part, index, ...(rule === undefined ? {} : { rule }) });
    this.byKey.set(part.key, parts);
  }

  private match(element: SeenElement, parent: Frame): Part[] {
    if (this.open.length === 0) return [];
    const classes = [...element.classes].map((name) => `.${name}`);
    const keys = new Set(['*', element.name, `#${element.attributes['id'] ?? ''}`, ...classes]);
    const matched: Part[] = [];
    for (const key of keys)
      for (const part of this.byKey.get(key) ?? []) {
        this.comparisons += 1;
        if (this.isInPlace(part, parent) && part.matches(element)) matched.push(part);
      }
    if (this.comparisons > MAX_COMPARISONS)
      throw new BrokenFileError('Its style sheets have too many rules for too many elements.');
    return matched.sort((one, other) => one.index - other.index);
  }

  private isInPlace({ combinator, index }: Part, parent: Frame): boolean {
    const before = index - 1;
    switch (combinator) {
      case '':
        return true;
      case '>':
        return parent.matched.has(before);
      case '+':
        return parent.lastChild.has(before);
      case '~':
        return parent.children.has(before);
      default:
        return (this.open[before] ?? 0) > 0;
    }
  }
}

const frameOf = (matched: ReadonlySet<number>): Frame => ({
  matched,
  lastChild: NONE,
  children: new Set(),
  hasChild: false,
});

const seen = (
  name: string,
  attributes: Readonly<Record<string, string>>,
  isRoot: boolean,
  isFirstChild: boolean,
): SeenElement => {
  const classes = new Set((attributes['class'] ?? '').split(/\s+/).filter((part) => part !== ''));
  return { name, attributes, classes, isRoot, isFirstChild };
};

/** The rules about properties that some rule uses to hide: most sheets hide little, and colour everything. */
function relevant(rules: readonly StyleRule[]): StyleRule[] {
  const hiding = new Set<string>();
  for (const { declarations } of rules)
    for (const [property, { value }] of declarations) for (const read of readToHide(property, value)) hiding.add(read);
  return rules.filter(({ declarations }) => [...declarations.keys()].some((property) => hiding.has(property)));
}

/** The winning value of each property: important ones first, then the style attribute, then specificity and order. */
function cascade(rules: readonly WeighedRule[], inline: Declarations): Map<string, string> {
  const won = new Map<string, Declared>();
  const sorted = [...rules].sort((one, other) => compare(one.specificity, other.specificity));
  for (const declarations of [...sorted.map((rule) => rule.declarations), inline])
    for (const [property, declared] of declarations)
      if (declared.isImportant || won.get(property)?.isImportant !== true) won.set(property, declared);
  return new Map([...won].map(([property, { value }]) => [property, value]));
}

const compare = (one: Specificity, other: Specificity): number =>
  one[0] - other[0] || one[1] - other[1] || one[2] - other[2];
