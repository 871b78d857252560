import { setTimeout as sleep } from 'node:timers/promises';
import { startServer } from '../support/server';

const CLIENTS = 4;

describe('a server that is told to stop while it is used', () => {
  it('answers everything that it takes, and ends well', async () => {
    const server = await startServer({ ZERODB_DRAIN_DELAY_MS: '300' });
    const headers = { authorization: `Bearer ${server.rootKey}`, 'content-type': 'application/json' };
    const put = async (path: string, body: unknown): Promise<number> => {
      const answer = await fetch(`${server.url}${path}`, { method: 'PUT', headers, body: JSON.stringify(body) });
      await answer.arrayBuffer();
      return answer.status;
    };
    expect(await put('/v1/collections/docs', {})).toBe(201);
    const statuses: number[] = [];
    // Over open connections, until there is nobody to take another request.
    const client = async (name: number): Promise<void> => {
      for (let sent = 0; ; sent += 1) {
        const records = [{ id: `${name}-${sent}`, text: `The record ${sent} of client ${name}` }];
        const status = await put('/v1/collections/docs/records', { records }).catch(() => undefined);
        if (status === undefined) return;
        statuses.push(status);
      }
    };
    const clients = Array.from({ length: CLIENTS }, (_, name) => client(name));
    await sleep(2_000);
    expect(await server.stop()).toBe(0);
    await Promise.all(clients);
    expect(statuses.length).toBeGreaterThan(CLIENTS);
    expect(statuses.filter((status) => status !== 200)).toEqual([]);
  });
});
