import { generate, ident, parse, type CssNode, type Declaration, type List, type Selector } from 'css-tree';

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

/** The properties by which pages hide text. */
const PROPERTIES = /^(?:display|visibility|content-visibility|opacity|font-size|color|text-indent|position|left|top)$/;

/** Whether a style attribute needs parsing at all: few do. A backslash may write any letter. */
const MAY_HIDE = /display|visibility|opacity|font-size|color|indent|left|top|\\/i;

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

function rulesIn(nodes: List<CssNode>): StyleRule[] {
  return nodes.toArray().flatMap((node) => {
    if (node.type === 'Atrule' && node.block !== null)
      return isForScreen(node.name.toLowerCase(), node.prelude) ? rulesIn(node.block.children) : [];
    if (node.type !== 'Rule' || node.prelude.type !== 'SelectorList') return [];
    const declarations = declarationsOf(node.block.children);
    if (declarations.size === 0) return [];
    const selectors = node.prelude.children.toArray().filter((selector) => selector.type === 'Selector');
    return selectors.map((selector) => ({ selector, declarations }));
  });
}

function declarationsOf(nodes: List<CssNode>): Declarations {
  const declarations = new Map<string, Declared>();
  const own = nodes.toArray().filter((node): node is Declaration => node.type === 'Declaration');
  for (const { property, value, important } of own) {
    const name = ident.decode(property).toLowerCase();
    if (!PROPERTIES.test(name)) continue;
    const isImportant = important !== false;
    if (declarations.get(name)?.isImportant === true && !isImportant) continue;
    declarations.set(name, { value: ident.decode(generate(value)).trim().toLowerCase(), isImportant });
  }
  return declarations;
}

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

function appliesToScreen(query: string): boolean {
  return query.split(/\band\b/).every((part) => {
    const condition = part.trim().replace(/^only\s/, '');
    if (condition === 'screen' || condition === 'all') return true;
    const [, bound, amount, unit] = /^\((min|max)-width:([\d.]+)(px|em|rem)?\)$/.exec(condition) ?? [];
    if (bound === undefined) return false;
    const pixels = Number(amount) * (unit === 'px' || unit === undefined ? 1 : PIXELS_OF_EM);
    return bound === 'min' ? pixels <= SCREEN_PIXELS : pixels >= SCREEN_PIXELS;
  });
}
