/** Deeper JSON stays as it is: its spaces alone would fill the memory. */
const MAX_DEPTH = 100;

const TOKEN = /"(?:[^"\\]|\\.)*"|[[\]{},:]|[^\s[\]{},:"]+/g;

/**
 * JSON with line breaks and spaces for people, every token as it was written: numbers keep all their digits, keys that
 * are there twice stay. Returns `undefined` for invalid JSON, or JSON that is nested too deep.
 */
export function indentedJson(json: string): string | undefined {
  if (!isJson(json)) return undefined;
  const parts: string[] = [];
  let depth = 0;
  let before = '';
  for (const [token] of json.matchAll(TOKEN)) {
    if (token === '}' || token === ']') depth -= 1;
    if (depth > MAX_DEPTH) return undefined;
    parts.push(gap(before, token, depth), token);
    if (token === '{' || token === '[') depth += 1;
    before = token;
  }
  return parts.join('');
}

/** What stands between two tokens. */
function gap(before: string, token: string, depth: number): string {
  if (before === '' || token === ',' || token === ':') return '';
  if (before === ':') return ' ';
  const isEmpty = (before === '{' && token === '}') || (before === '[' && token === ']');
  return isEmpty ? '' : `\n${'  '.repeat(depth)}`;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
