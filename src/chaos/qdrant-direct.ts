import { Client } from './client';
import type { Stage } from './stage';

/** What the harness itself asks of Qdrant, past the proxy. */
const directly = (stage: Stage): Client => {
  const { qdrant } = stage.services;
  if (!qdrant) throw new Error('There is no Qdrant.');
  return new Client(qdrant.url, qdrant.api_key ?? '');
};

const PAGE = 1_000;

export interface Point {
  readonly id: string | number;
  readonly payload: Readonly<Record<string, unknown>>;
}

const namesOf = async (client: Client): Promise<string[]> => {
  const { body } = await client.must({ method: 'GET', path: '/collections' });
  const { collections } = body['result'] as { collections: { name: string }[] };
  return collections.map(({ name }) => name);
};

const pathOf = (name: string): string => `/collections/${encodeURIComponent(name)}`;

const sizeOf = async (client: Client, name: string): Promise<number> => {
  const call = { method: 'POST', path: `${pathOf(name)}/points/count`, body: { exact: true } };
  return ((await client.must(call)).body['result'] as { count: number }).count;
};

/** The collection of this cell's own with the most points: the copy of the one that the workload writes to. */
const largest = async (client: Client, prefix: string): Promise<string | undefined> => {
  let found: { name: string; size: number } | undefined;
  for (const name of await namesOf(client)) {
    if (!name.startsWith(`${prefix}_`)) continue;
    const size = await sizeOf(client, name);
    if (!found || size > found.size) found = { name, size };
  }
  return found?.name;
};

/** Returns the name of what it deleted. */
export const dropLargestCollection = async (stage: Stage): Promise<string> => {
  const client = directly(stage);
  try {
    const name = await largest(client, stage.copyPrefix);
    if (name === undefined) throw new Error('Qdrant holds no collection.');
    await client.must({ method: 'DELETE', path: pathOf(name) });
    return name;
  } finally {
    client.close();
  }
};

/** Removes what the cell left in Qdrant. */
export const dropCopies = async (stage: Stage): Promise<void> => {
  const client = directly(stage);
  try {
    for (const name of await namesOf(client))
      if (name.startsWith(`${stage.copyPrefix}_`)) await client.must({ method: 'DELETE', path: pathOf(name) });
  } finally {
    client.close();
  }
};

/** Every point of the copy, as Qdrant tells it. */
export const scrollCopy = async (stage: Stage): Promise<Point[]> => {
  const client = directly(stage);
  try {
    const name = await largest(client, stage.copyPrefix);
    return name === undefined ? [] : await scroll(client, name);
  } finally {
    client.close();
  }
};

const scroll = async (client: Client, name: string): Promise<Point[]> => {
  const points: Point[] = [];
  for (let offset: unknown = null; ;) {
    const body = { limit: PAGE, with_payload: true, with_vector: false, ...(offset === null ? {} : { offset }) };
    const answer = await client.must({ method: 'POST', path: `${pathOf(name)}/points/scroll`, body });
    const result = answer.body['result'] as { points: Point[]; next_page_offset?: unknown };
    points.push(...result.points);
    offset = result.next_page_offset ?? null;
    if (offset === null) return points;
  }
};
