export type Query = Readonly<Record<string, string | number | boolean | undefined>>;
export type PathValues = Readonly<Record<string, string | number>>;

/** The one parameter that takes the rest of the path: the slashes of a file's key separate folders. */
const REST_OF_PATH = 'key';

/** `/v1/collections/{collection}` with its values, percent-encoded, and the query without values that are undefined. */
export function pathWith(template: string, values: PathValues = {}, query: Query = {}): string {
  const path = template.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new TypeError(`The path ${template} needs a value for "${name}".`);
    return name === REST_OF_PATH ? String(value).split('/').map(encoded).join('/') : encoded(value);
  });
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) params.set(name, String(value));
  const text = params.toString();
  return text === '' ? path : `${path}?${text}`;
}

// "." and ".." would be read as steps between folders by `URL`; the API refuses such names anyway.
const encoded = (value: string | number): string =>
  encodeURIComponent(String(value)).replace(/^\.\.?$/, (dots) => dots.replaceAll('.', '%252E'));
