export type QueryValue = string | number | boolean | undefined;
export type Query = Readonly<Record<string, QueryValue>>;

/** An API path whose parts are encoded: `` path`/v1/collections/${name}/records` ``. */
export function path(strings: TemplateStringsArray, ...values: readonly (string | number)[]): string {
  return strings.map((text, index) => text + (index < values.length ? encoded(values[index]) : '')).join('');
}

/** A key of a file: slashes stay, everything else is encoded. */
export const keyPath = (key: string): string => key.split('/').map(encoded).join('/');

/** `path?query` without the values that are undefined. */
export function withQuery(base: string, query: Query | undefined): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== undefined) params.set(name, String(value));
  }
  return params.size === 0 ? base : `${base}?${params.toString()}`;
}

// "." and ".." would be taken as steps through folders by the browser; the API refuses such names anyway.
const encoded = (value: string | number | undefined): string =>
  encodeURIComponent(String(value)).replace(/^\.\.?$/, (dots) => dots.replaceAll('.', '%252E'));
