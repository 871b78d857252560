import { generate, ident, List, parse, type CssNode, type Declaration, type Selector } from 'css-tree';
import { longhands, PROPERTIES, SHORTHANDS } from './hiding-values';

/** A declaration that bears on whether text is seen. */
export interface Declared {
  readonly value: string;
  readonly isImportant: boolean;
}

export type Declarations = ReadonlyMap<string, Declared>;

export interface StyleRule {
  readonly selector: Selector;
  readonly declarations: Declarations;
}

/** Whether a style attribute needs parsing at all: few do. A backslash may write any letter. */
const MAY_HIDE =
  /display|visibility|opacity|font|color|indent|left|top|right|bottom|inset|margin|clip|transform|scale|height|\\/i;

/** The declarations of a style attribute that bear on whether text is seen. */
export function inlineDeclarations(style: string): Declarations {
  if (!MAY_HIDE.test(style)) return new Map();
  const list = parse(style, { context: 'declarationList' });
  return list.type === 'DeclarationList' ? declarationsOf(list.children) : new Map();
}

/** The rules of style sheets for a screen, in their order, one for each selector. */
export function styleRules(sheets: readonly string[]): StyleRule[] {
  return sheets.flatMap((sheet) => {
    const parsed = parse(sheet);
    return parsed.type === 'StyleSheet' ? rulesIn(parsed.children) : [];
  });
}

/** What nests deeper, or stands for more or longer selectors, is left out: people write none of it. */
const MAX_NESTING = 8;
const MAX_NESTED_SELECTORS = 100;
const MAX_SELECTOR_PARTS = 100;

const NO_DECLARATIONS: Declarations = new Map();

/** `outer`: the selectors of the rule in which these nodes stand. */
function rulesIn(nodes: List<CssNode>, outer: readonly Selector[] = [], depth = 0): StyleRule[] {
  if (depth > MAX_NESTING) return [];
  const declarations = outer.length === 0 ? NO_DECLARATIONS : declarationsOf(nodes);
  const own = declarations.size === 0 ? [] : outer.map((selector) => ({ selector, declarations }));
  const inner = nodes.toArray().flatMap((node) => {
    if (node.type === 'Raw' && outer.length > 0) return unparsedRules(node.value, outer, depth + 1);
    if (node.type === 'Atrule' && node.block !== null)
      return isForScreen(node.name.toLowerCase(), node.prelude) ? rulesIn(node.block.children, outer, depth + 1) : [];
    if (node.type !== 'Rule' || node.prelude.type !== 'SelectorList') return [];
    const selectors = node.prelude.children.toArray().filter((selector) => selector.type === 'Selector');
    return rulesIn(node.block.children, nested(outer, selectors), depth + 1);
  });
  return [...own, ...inner];
}

/** The parser leaves nested rules without `&` as they are written. */
function unparsedRules(text: string, outer: readonly Selector[], depth: number): StyleRule[] {
  const parsed = text.includes('{') && depth <= MAX_NESTING ? parse(text) : undefined;
  return parsed?.type === 'StyleSheet' ? rulesIn(parsed.children, outer, depth) : [];
}

function nested(outer: readonly Selector[], selectors: readonly Selector[]): readonly Selector[] {
  if (outer.length === 0) return selectors;
  if (outer.length * selectors.length > MAX_NESTED_SELECTORS) return [];
  return outer.flatMap((parent) => selectors.flatMap((selector) => within(parent, selector) ?? []));
}

/** A nested selector written out: `&` is the outer one, which also stands before a selector that has none. */
function within(parent: Selector, { children }: Selector): Selector | undefined {
  const nodes = children.toArray();
  const outer = parent.children.toArray();
  const references = nodes.filter(({ type }) => type === 'NestingSelector').length;
  if (nodes.length + Math.max(references, 1) * outer.length > MAX_SELECTOR_PARTS) return undefined;
  const whole =
    references > 0
      ? nodes.flatMap((node) => (node.type === 'NestingSelector' ? outer : [node]))
      : [...outer, { type: 'Combinator', name: ' ' } as const, ...nodes];
  return { type: 'Selector', children: new List<CssNode>().fromArray(whole) };
}

function declarationsOf(nodes: List<CssNode>): Declarations {
  const declarations = new Map<string, Declared>();
  const own = nodes.toArray().filter((node): node is Declaration => node.type === 'Declaration');
  for (const { property, value, important } of own) {
    const isImportant = important !== false;
    for (const [name, one] of longhandsOf(property, value)) {
      if (!PROPERTIES.has(name)) continue;
      if (declarations.get(name)?.isImportant === true && !isImportant) continue;
      declarations.set(name, { value: one, isImportant });
    }
  }
  return declarations;
}

/** The value is written out only where it counts: most declarations have no part in this. */
function longhandsOf(property: string, value: CssNode): ReturnType<typeof longhands> {
  const name = ident.decode(property).toLowerCase();
  return PROPERTIES.has(name) || SHORTHANDS.has(name) ? longhands(name, written(value)) : [];
}

/** In lower case, with a single space between parts, also where CSS needs none. */
const written = (value: CssNode): string =>
  ident
    .decode(generate(value))
    .trim()
    .toLowerCase()
    .replace(/(?<=%)(?=[\da-z.])|(?<=[\d%])(?=-)/g, ' ');

const GROUPS = new Set(['supports', 'layer']);

/** A window as wide as most: rules for narrow screens and for print do not say what its reader sees. */
const SCREEN_PIXELS = 1280;
const PIXELS_OF_EM = 16;

function isForScreen(name: string, prelude: CssNode | null): boolean {
  if (GROUPS.has(name)) return true;
  if (name !== 'media') return false;
  if (prelude === null) return true;
  return generate(prelude).toLowerCase().split(',').some(appliesToScreen);
}

/** Whether a style sheet with this attribute `media` applies to a screen. */
export const isMediaForScreen = (media: string): boolean =>
  media.trim() === '' || isForScreen('media', parse(media, { context: 'mediaQueryList' }));

function appliesToScreen(query: string): boolean {
  const [, excluded] = /^not ([a-z]+)$/.exec(query.trim()) ?? [];
  if (excluded !== undefined) return excluded !== 'screen' && excluded !== 'all';
  return query.split(/\band\b/).every((part) => {
    const condition = part.trim().replace(/^only\s/, '');
    if (condition === 'screen' || condition === 'all') return true;
    const [, bound, amount, unit] = /^\((min|max)-width:([\d.]+)(px|em|rem)?\)$/.exec(condition) ?? [];
    if (bound === undefined) return false;
    const pixels = Number(amount) * (unit === 'px' || unit === undefined ? 1 : PIXELS_OF_EM);
    return bound === 'min' ? pixels <= SCREEN_PIXELS : pixels >= SCREEN_PIXELS;
  });
}
