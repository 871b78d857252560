import { ident, type AttributeSelector, type CssNode, type Selector } from 'css-tree';

/** An element as selectors see it. */
export interface SeenElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly classes: ReadonlySet<string>;
  readonly isRoot: boolean;
  readonly isFirstChild: boolean;
}

type Test = (element: SeenElement) => boolean;

/** The selectors between two combinators: `p.note` in `main > p.note`. */
export interface SelectorPart {
  /** To the part before: a space, `>`, `+` or `~`; empty for the first. */
  readonly combinator: string;
  /** What an element must have to be looked at: `#id`, `.class`, a name, or `*`. */
  readonly key: string;
  readonly matches: Test;
}

/** Ids, classes and names, counted as in CSS (Selectors Level 4, "Calculating a selector's specificity"). */
export type Specificity = readonly [ids: number, classes: number, names: number];

export function partsOf(selector: Selector): SelectorPart[] {
  const parts: SelectorPart[] = [];
  let combinator = '';
  let nodes: CssNode[] = [];
  for (const node of selector.children.toArray()) {
    if (node.type !== 'Combinator') nodes.push(node);
    else {
      parts.push(partOf(combinator, nodes));
      combinator = node.name;
      nodes = [];
    }
  }
  return [...parts, partOf(combinator, nodes)];
}

function partOf(combinator: string, nodes: readonly CssNode[]): SelectorPart {
  const tests = nodes.map(testOf);
  return { combinator, key: keyOf(nodes), matches: (element) => tests.every((test) => test(element)) };
}

function keyOf(nodes: readonly CssNode[]): string {
  const keys = nodes.map((node) => {
    if (node.type === 'IdSelector') return `#${ident.decode(node.name)}`;
    if (node.type === 'ClassSelector') return `.${ident.decode(node.name)}`;
    return node.type === 'TypeSelector' && node.name !== '*' ? ident.decode(node.name).toLowerCase() : '';
  });
  return keys.find((key) => key !== '') ?? '*';
}

function testOf(node: CssNode): Test {
  switch (node.type) {
    case 'TypeSelector': {
      const name = ident.decode(node.name).toLowerCase();
      return (element) => name === '*' || element.name === name;
    }
    case 'IdSelector': {
      const id = ident.decode(node.name);
      return ({ attributes }) => attributes['id'] === id;
    }
    case 'ClassSelector': {
      const name = ident.decode(node.name);
      return ({ classes }) => classes.has(name);
    }
    case 'AttributeSelector':
      return attributeTest(node);
    case 'PseudoClassSelector':
      return pseudoTest(node.name.toLowerCase(), listIn(node.children?.toArray() ?? []));
    default:
      return () => false;
  }
}

/** The alternatives of `:not(…)` and the like. Those with combinators are passed over. */
function listIn(nodes: readonly CssNode[]): Test[] {
  const lists = nodes.flatMap((node) => (node.type === 'SelectorList' ? node.children.toArray() : [node]));
  return lists.flatMap((node) => {
    const [part, ...more] = node.type === 'Selector' ? partsOf(node) : [];
    return part === undefined || more.length > 0 ? [] : [part.matches];
  });
}

/** A page that is read has no pointer, no focus and no visited links: such states are false. */
function pseudoTest(name: string, alternatives: readonly Test[]): Test {
  if (name === 'root') return ({ isRoot }) => isRoot;
  if (name === 'first-child') return ({ isFirstChild }) => isFirstChild;
  if (name === 'not') return (element) => !alternatives.some((test) => test(element));
  if (name === 'is' || name === 'where' || name === 'matches')
    return (element) => alternatives.some((test) => test(element));
  return () => false;
}

function attributeTest({ name, matcher, value, flags }: AttributeSelector): Test {
  const attribute = ident.decode(name.name).toLowerCase();
  const fold = (text: string): string => (flags?.toLowerCase() === 'i' ? text.toLowerCase() : text);
  const raw = value === null ? '' : value.type === 'String' ? value.value : ident.decode(value.name);
  const wanted = fold(raw);
  return ({ attributes }) => {
    const given = attributes[attribute];
    return given !== undefined && (matcher === null || attributeMatches(matcher, fold(given), wanted));
  };
}

function attributeMatches(matcher: string, given: string, wanted: string): boolean {
  if (matcher === '=') return given === wanted;
  if (matcher === '|=') return given === wanted || given.startsWith(`${wanted}-`);
  if (wanted === '') return false;
  if (matcher === '~=') return given.split(/\s/).includes(wanted);
  if (matcher === '^=') return given.startsWith(wanted);
  return matcher === '$=' ? given.endsWith(wanted) : given.includes(wanted);
}

export function specificityOf(selector: Selector): Specificity {
  const types = selector.children.toArray().map((node) => node.type);
  const count = (...wanted: readonly string[]): number => types.filter((type) => wanted.includes(type)).length;
  return [
    count('IdSelector'),
    count('ClassSelector', 'AttributeSelector', 'PseudoClassSelector'),
    count('TypeSelector'),
  ];
}
