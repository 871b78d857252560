import { XMLBuilder } from 'fast-xml-parser';

export const XML_TYPE = 'application/xml';
const NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';

const builder = new XMLBuilder({ ignoreAttributes: false, attributeNamePrefix: '@', suppressEmptyNode: false });

/** What an element may hold: text, elements, several of one name, or nothing. */
export type XmlContent =
  string | number | boolean | undefined | readonly XmlContent[] | { readonly [name: string]: XmlContent };

/** A document with one root. Members that are `undefined` are left out. */
export const writeXml = (
  root: string,
  content: XmlContent,
  attributes: Readonly<Record<string, string>> = {},
): string => {
  const members = typeof content === 'object' ? content : { '#text': content ?? '' };
  const element = { ...attributes, ...(members as object) };
  return `<?xml version="1.0" encoding="UTF-8"?>\n${builder.build({ [root]: withoutAbsent(element) })}`;
};

/** The same, in the namespace of S3's answers. */
export const writeS3Xml = (root: string, content: XmlContent): string =>
  writeXml(root, content, { '@xmlns': NAMESPACE });

const withoutAbsent = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(withoutAbsent);
  if (typeof value !== 'object' || value === null) return typeof value === 'string' ? value : String(value);
  const present = Object.entries(value).filter(([, member]) => member !== undefined);
  return Object.fromEntries(present.map(([name, member]) => [name, withoutAbsent(member)]));
};
