const TRACEPARENT = /"traceparent":"([0-9a-f-]{55})"/;
const DATA = ',"data":';

/**
 * The `traceparent` that a stored event carries: the span that published it. Looked for in the attributes, which stand
 * before the data, as an event may be large and its data may have a field of that name.
 */
export const traceparentIn = (body: string): string | undefined => {
  const end = body.indexOf(DATA);
  return TRACEPARENT.exec(end < 0 ? body : body.slice(0, end))?.[1];
};

/** How many events one span names as its causes. */
const MAX_LINKS = 32;

/** What published these events, each once. */
export const publishersOf = (events: readonly { readonly body: string }[]): string[] => {
  const known = new Set<string>();
  for (const { body } of events) {
    const traceparent = known.size < MAX_LINKS ? traceparentIn(body) : undefined;
    if (traceparent !== undefined) known.add(traceparent);
  }
  return [...known];
};
