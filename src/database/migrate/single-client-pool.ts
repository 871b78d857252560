import { EventEmitter } from 'node:events';
import type { Client } from 'pg';

type Connected = (error: undefined, client: Client, release: () => void) => void;

/** What TypeORM takes for `pg.Pool`, always handing out the one client it was made over, and never ending it. */
export function poolOver(client: Client): new () => EventEmitter {
  return class SingleClientPool extends EventEmitter {
    connect(connected: Connected): void {
      connected(undefined, client, () => undefined);
    }

    end(done: () => void): void {
      done();
    }
  };
}
