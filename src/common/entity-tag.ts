/**
 * The tags of a list such as `"a", W/"b"`. Our tags contain no commas, so the parts of a split tag match none of them.
 */
export const tagsIn = (header: string): string[] => header.split(',').map((tag) => tag.trim());

/** Whether `If-None-Match` names this tag: `*`, or a list that holds it, weak or not (RFC 9110, 13.1.2). */
export const namesTag = (header: string, tag: string): boolean =>
  tagsIn(header).some((one) => one === '*' || weakly(one) === weakly(tag));

const weakly = (tag: string): string => (tag.startsWith('W/') ? tag.slice(2) : tag);
