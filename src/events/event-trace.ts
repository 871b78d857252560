const TRACEPARENT = /"traceparent":"([0-9a-f-]{55})"/;
const DATA = ',"data":';

/**
 * The `traceparent` that a stored event carries: the span that published it. Searches only the attributes, which
 * precede the data: an event may be large, and its data may have a field of that name.
 */
export const traceparentIn = (body: string): string | undefined => {
  const end = body.indexOf(DATA);
  return TRACEPARENT.exec(end < 0 ? body : body.slice(0, end))?.[1];
};

/** Maximum events that one span links as its causes. */
const MAX_LINKS = 32;

/** The spans that published these events, without duplicates. */
export const publishersOf = (events: readonly { readonly body: string }[]): string[] => {
  const known = new Set<string>();
  for (const { body } of events) {
    const traceparent = known.size < MAX_LINKS ? traceparentIn(body) : undefined;
    if (traceparent !== undefined) known.add(traceparent);
  }
  return [...known];
};
