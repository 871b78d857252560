type Values = ReadonlyMap<string, string>;

const ZERO = /^[+-]?(?:0+(?:\.0*)?|\.0+)(?:%|[a-z]+)?$/;
const FAR_OUT = /^-\d{3,}(?:\.\d+)?(?:px|em|rem|%|vw|vh)$|^-\d{3,}(?:\.\d+)?$/;
/** Pages also shift elements back by some hundred pixels to centre them. */
const FARTHER_OUT = /^-(?:[3-9]\d{3}|\d{5,})(?:\.\d+)?px$|^-\d{3,}(?:\.\d+)?r?em$/;

const isZero = (value: string): boolean => ZERO.test(value);
const isFarOut = (value: string): boolean => FAR_OUT.test(value);
const isFartherOut = (value: string): boolean => FARTHER_OUT.test(value);

/** By property: whether a value takes the element, and all that is in it, out of sight. */
const HIDING: Readonly<Record<string, (value: string) => boolean>> = {
  display: (value) => value === 'none',
  'content-visibility': (value) => value === 'hidden',
  opacity: isZero,
  'text-indent': isFarOut,
  'margin-left': isFartherOut,
  'margin-top': isFartherOut,
  'clip-path': clipsAll,
  transform: movesOut,
  scale: (value) => value.split(' ').slice(0, 2).some(isZero),
  left: isFarOut,
  top: isFarOut,
  right: isFartherOut,
  bottom: isFartherOut,
  clip: (value) => /^rect\((\d+(?:px)?)(?:[, ]\1){3}\)$/.test(value),
  height: isZero,
  'max-height': isZero,
};

/** The same for properties that children inherit, and may set back. */
const INHERITED_HIDING: Readonly<Record<string, (value: string) => boolean>> = {
  visibility: (value) => value === 'hidden' || value === 'collapse',
  'font-size': isZero,
  color: isTransparent,
};

const isNotInFlow = (values: Values): boolean => ['absolute', 'fixed'].includes(values.get('position') ?? '');
/** Without room that other properties make. */
const isCutOff = (values: Values): boolean =>
  /hidden|clip/.test(values.get('overflow') ?? '') && !ROOM.some((name) => !isZero(values.get(name) ?? '0'));
const ROOM = ['padding-top', 'padding-bottom', 'min-height', 'flex', 'flex-grow'];

interface Condition {
  readonly holds: (values: Values) => boolean;
  /** The properties that it reads. */
  readonly reads: readonly string[];
}

const POSITIONED: Condition = { holds: isNotInFlow, reads: ['position'] };
const CUT_OFF: Condition = { holds: isCutOff, reads: ['overflow', ...ROOM] };

/** What must hold besides for a property to hide. */
const CONDITIONS: Readonly<Record<string, Condition>> = {
  left: POSITIONED,
  top: POSITIONED,
  right: POSITIONED,
  bottom: POSITIONED,
  clip: POSITIONED,
  height: CUT_OFF,
  'max-height': CUT_OFF,
};

/** Every property that bears on whether text is seen. */
export const PROPERTIES: ReadonlySet<string> = new Set([
  ...Object.keys(HIDING),
  ...Object.keys(INHERITED_HIDING),
  ...Object.values(CONDITIONS).flatMap(({ reads }) => reads),
]);

/** The properties that bear on whether this value hides an element: none if it cannot. */
export function readToHide(property: string, value: string): readonly string[] {
  const test = HIDING[property] ?? INHERITED_HIDING[property];
  return test?.(value) === true ? [property, ...(CONDITIONS[property]?.reads ?? [])] : [];
}

/** Whether these values hide an element with all that is in it. */
export const hidesSubtree = (values: Values): boolean =>
  [...values].some(
    ([property, value]) => HIDING[property]?.(value) === true && (CONDITIONS[property]?.holds(values) ?? true),
  );

/** The inherited properties that hide, after an element's values are applied to those of its parent. */
export function inheritHiding(parent: ReadonlySet<string>, values: Values): ReadonlySet<string> {
  let hidden: Set<string> | undefined;
  for (const [property, test] of Object.entries(INHERITED_HIDING)) {
    const value = values.get(property);
    if (value === undefined || value === 'inherit' || value === 'unset') continue;
    hidden ??= new Set(parent);
    if (test(value)) hidden.add(property);
    else if (!isRelative(property, value)) hidden.delete(property);
  }
  return hidden ?? parent;
}

/** A size relative to the parent's nothing is nothing. */
const isRelative = (property: string, value: string): boolean =>
  property === 'font-size' && (/(?:%|[^r]em)$/.test(value) || /^(?:smaller|larger)$/.test(value));

/** Four or eight hexadecimal digits, and functions, may end with how opaque a colour is. */
function isTransparent(color: string): boolean {
  if (color === 'transparent' || /^#(?:[\da-f]{3}0|[\da-f]{6}00)$/.test(color)) return true;
  const [, values = ''] = /^[a-z]+\(([^()]*)\)$/.exec(color) ?? [];
  const [, opacity = values.split(',')[3]] = values.split('/');
  return isZero(opacity?.trim() ?? '');
}

/** Insets that meet, and circles of no size. */
function clipsAll(path: string): boolean {
  const [, shape, values = ''] = /^(inset|circle|ellipse)\(([^()]*)\)/.exec(path) ?? [];
  if (shape !== 'inset') return shape !== undefined && isZero(values.split(' ')[0] ?? '');
  const [top, right, bottom, left] = sidesOf(values.split(' ')).map((side) =>
    side.endsWith('%') ? Number(side.slice(0, -1)) : 0,
  ) as [number, number, number, number];
  return top + bottom >= 100 || left + right >= 100;
}

/** By a distance, or to no size. */
function movesOut(transform: string): boolean {
  if (/\btranslate(?:x|y|3d)?\(-(?:[3-9]\d{3}|\d{5,})px/.test(transform)) return true;
  const [, values = ''] = /\bscale(?:x|y|3d)?\(([^()]*)\)/.exec(transform) ?? [];
  return values.split(',').slice(0, 2).some(isZero);
}

type Sides = readonly [top: string, right: string, bottom: string, left: string];

/** As many as are given, from the top clockwise; the opposite side stands for one that is not. */
function sidesOf([top = '', right = top, bottom = top, left = right]: readonly string[]): Sides {
  return [top, right, bottom, left];
}

export const SHORTHANDS: ReadonlySet<string> = new Set(['font', 'overflow-y', 'inset', 'margin', 'padding']);

/** The declarations that a shorthand stands for, as far as they bear on whether text is seen. */
export function longhands(property: string, value: string): (readonly [property: string, value: string])[] {
  if (property === 'font') return [['font-size', fontSize(value)]];
  if (property === 'overflow-y') return [['overflow', value]];
  if (property === 'inset') return sides('', value);
  return property === 'margin' || property === 'padding' ? sides(`${property}-`, value) : [[property, value]];
}

function sides(prefix: string, value: string): (readonly [string, string])[] {
  const [top, right, bottom, left] = sidesOf(value.split(' '));
  return Object.entries({ top, right, bottom, left }).map(([side, one]) => [`${prefix}${side}`, one]);
}

/** It stands before a slash, and after weights, which have no unit. */
const fontSize = (font: string): string =>
  ['inherit', 'unset'].includes(font)
    ? font
    : (font.split(/[ /]/).find((part) => /^[\d.]/.test(part) && !/^[1-9]\d*$/.test(part)) ?? 'medium');
