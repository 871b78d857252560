import { z } from 'zod';
import { forbidden } from '../../common/errors';

/** Printable ASCII: nothing else fits into a header. */
const headerValue = z
  .string()
  .regex(/^[\x20-\x7e]{1,1024}$/, 'must be 1 to 1,024 printable ASCII characters')
  .optional();
const described = (header: string) =>
  headerValue.meta({ description: `\`${header}\` of the response. In a signed URL the signature covers it.` });

/** The query parameters that set headers of the response, by the names of S3. */
export const overrideQuery = {
  'response-content-type': described('Content-Type'),
  'response-content-disposition': described('Content-Disposition'),
  'response-content-language': described('Content-Language'),
  'response-content-encoding': described('Content-Encoding'),
  'response-cache-control': described('Cache-Control'),
  'response-expires': described('Expires'),
};

type OverrideName = keyof typeof overrideQuery;
/** The overrides of one request or one signed URL. */
export type Overrides = Readonly<Partial<Record<OverrideName, string | undefined>>>;

const NAMES = Object.keys(overrideQuery) as OverrideName[];
const PREFIX = 'response-';

const wanted = (header: string) => headerValue.meta({ description: `GET: \`${header}\` of the response.` });

/** The same in the body of a request that signs a URL. */
export const overrideBody = {
  response_content_type: wanted('Content-Type'),
  response_content_disposition: wanted('Content-Disposition'),
  response_content_language: wanted('Content-Language'),
  response_content_encoding: wanted('Content-Encoding'),
  response_cache_control: wanted('Cache-Control'),
  response_expires: wanted('Expires'),
};

type OverrideBody = Readonly<Partial<Record<keyof typeof overrideBody, string | undefined>>>;

/** The given ones, in one order whatever the order of the request: they are signed. */
export const overridesIn = (query: Overrides): Record<string, string> =>
  Object.fromEntries(NAMES.flatMap((name) => (query[name] === undefined ? [] : [[name, query[name]]])));

export const overridesOf = (body: OverrideBody): Record<string, string> =>
  overridesIn(Object.fromEntries(NAMES.map((name) => [name, body[name.replaceAll('-', '_') as keyof OverrideBody]])));

/** As response headers. */
export const overrideHeaders = (query: Overrides): Record<string, string> =>
  Object.fromEntries(Object.entries(overridesIn(query)).map(([name, value]) => [name.slice(PREFIX.length), value]));

/** Throws `forbidden`: somebody who may read a public file must not decide what it is to others. */
export const mustHaveNone = (query: Overrides): void => {
  const [name] = Object.keys(overridesIn(query));
  if (name === undefined) return;
  throw forbidden(`"${name}" must be covered by the signature of the URL, or sent with an API key.`);
};
