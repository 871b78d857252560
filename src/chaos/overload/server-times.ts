import type { Replica } from '../replica';

const REQUEST_LINE = /"request_id":"([^"]+)".*"ms":([\d.]+),"msg":"request"/;

/**
 * How long each request took by the replica's own clock, from its log. Where the processor is taken away, a client that
 * waits for its turn would count its own waiting as the product's.
 */
export const listenForTimes = (replica: Pick<Replica, 'onLine'>): ReadonlyMap<string, number> => {
  const times = new Map<string, number>();
  const before = replica.onLine;
  replica.onLine = (line) => {
    before(line);
    const found = REQUEST_LINE.exec(line);
    if (found?.[1] !== undefined) times.set(found[1], Number(found[2]));
  };
  return times;
};
