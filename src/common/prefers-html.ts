/** Entries beyond it are not looked at: no browser sends as many. */
const MAX_ENTRIES = 20;

/**
 * Whether a page is the better answer to `Accept`: a browser names `text/html` and prefers it to JSON. A client that
 * takes anything (`*\/*`), or says nothing, gets JSON.
 */
export const prefersHtml = (accept = ''): boolean => {
  const entries = accept.split(',', MAX_ENTRIES).map(readEntry);
  const weightOf = (type: string): number => entries.find((entry) => entry.type === type)?.weight ?? 0;
  const html = Math.max(weightOf('text/html'), weightOf('application/xhtml+xml'));
  return html > 0 && html > weightOf('application/json');
};

const readEntry = (entry: string): { type: string; weight: number } => {
  const [type = '', ...parameters] = entry.split(';').map((part) => part.trim().toLowerCase());
  const quality = parameters.find((parameter) => parameter.startsWith('q='));
  const weight = quality === undefined ? 1 : Number(quality.slice(2));
  return { type, weight: Number.isFinite(weight) ? weight : 0 };
};
