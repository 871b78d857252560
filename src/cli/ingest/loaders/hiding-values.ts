const ZERO = /^0*(?:\.0*)?(?:%|[a-z]+)?$/;
const FAR_OUT = /^-\d{3,}(?:\.\d+)?(?:px|em|rem|%|vw|vh)$|^-\d{3,}(?:\.\d+)?$/;
const TRANSPARENT = /^(?:transparent|(?:rgba|hsla)\(.*,0*(?:\.0*)?%?\))$/;

/** By property: whether a value takes the element, and all that is in it, out of sight. */
const HIDING: Readonly<Record<string, (value: string) => boolean>> = {
  display: (value) => value === 'none',
  'content-visibility': (value) => value === 'hidden',
  opacity: (value) => value !== '' && ZERO.test(value),
  'text-indent': (value) => FAR_OUT.test(value),
  left: (value) => FAR_OUT.test(value),
  top: (value) => FAR_OUT.test(value),
};

/** The same for properties that children inherit, and may set back. */
const INHERITED_HIDING: Readonly<Record<string, (value: string) => boolean>> = {
  visibility: (value) => value === 'hidden' || value === 'collapse',
  'font-size': (value) => value !== '' && ZERO.test(value),
  color: (value) => TRANSPARENT.test(value),
};

const NOT_IN_FLOW = new Set(['absolute', 'fixed']);

/** Whether this value can hide an element. */
export const hides = (property: string, value: string): boolean =>
  (HIDING[property] ?? INHERITED_HIDING[property])?.(value) ?? false;

/** Whether these values hide an element with all that is in it. */
export const hidesSubtree = (values: ReadonlyMap<string, string>): boolean =>
  Object.entries(HIDING).some(([property, test]) => {
    if ((property === 'left' || property === 'top') && !NOT_IN_FLOW.has(values.get('position') ?? '')) return false;
    return test(values.get(property) ?? '');
  });

/** The inherited properties that hide, after an element's values are applied to those of its parent. */
export function inheritHiding(parent: ReadonlySet<string>, values: ReadonlyMap<string, string>): ReadonlySet<string> {
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
