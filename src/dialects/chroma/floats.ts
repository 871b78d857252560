import { Reply } from '../../api/endpoint';
import { mapInSlices } from '../../common/in-slices';

const JSON_HEADERS = { 'content-type': 'application/json; charset=utf-8' };
const FLOATS = ['embeddings', 'distances'];

/** An answer whose vectors and distances are written as floats, 1 as `1.0`: clients take the type of numbers from it. */
export const withFloats = async (answer: object): Promise<Reply> => {
  const parts: string[] = [];
  for (const [key, value] of Object.entries(answer) as [string, unknown][]) {
    const text = FLOATS.includes(key) && Array.isArray(value) ? await listsOf(value) : JSON.stringify(value);
    parts.push(`${JSON.stringify(key)}:${text}`);
  }
  return new Reply(200, Buffer.from(`{${parts.join(',')}}`), JSON_HEADERS);
};

/** In slices: vectors are most of a large answer. */
const listsOf = async (lists: readonly unknown[]): Promise<string> => {
  const isOfLists = lists.some((each) => Array.isArray(each) && each.some(Array.isArray));
  if (!isOfLists) return `[${(await mapInSlices(lists, floatsOf)).join(',')}]`;
  const texts: string[] = [];
  for (const list of lists) texts.push(await listsOf(list as unknown[]));
  return `[${texts.join(',')}]`;
};

const floatsOf = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(floatsOf).join(',')}]`;
  if (typeof value !== 'number') return 'null';
  return Number.isInteger(value) && Math.abs(value) < 1e21 ? `${value}.0` : String(value);
};
