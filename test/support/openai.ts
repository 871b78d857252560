import OpenAI, { toFile, type APIError } from 'openai';
import { clientOf, type CreatedKey } from './http';

/** OpenAI's own client, which does not try again. */
export const openAiClient = (url: string, apiKey: string): OpenAI =>
  new OpenAI({ baseURL: `${url}/openai/v1`, apiKey, maxRetries: 0 });

export const textFile = async (name: string, text: string | Uint8Array): Promise<File> =>
  await toFile(typeof text === 'string' ? Buffer.from(text) : text, name);

/** What a refused call is answered with. */
export interface Refusal {
  readonly status: number | undefined;
  readonly error: unknown;
}

export const refusalOf = async (call: Promise<unknown>): Promise<Refusal> => {
  try {
    await call;
  } catch (error) {
    const { status, error: body } = error as APIError;
    return { status: status, error: body };
  }
  throw new Error('The call was not refused.');
};

export const all = async <T>(pages: AsyncIterable<T>): Promise<T[]> => {
  const items: T[] = [];
  for await (const item of pages) items.push(item);
  return items;
};

/** A key of a new project. */
export const projectKey = async (url: string, rootKey: string, name: string, role = 'write'): Promise<string> => {
  const request = clientOf(url);
  await request('/v1/projects', { key: rootKey, body: { name } });
  const { json } = await request('/v1/keys', { key: rootKey, body: { name: `${name}-${role}`, role, project: name } });
  return (json as unknown as CreatedKey).key;
};
