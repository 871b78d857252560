import { EventEmitter } from 'node:events';
import type { Client } from 'pg';

type Connected = (error: undefined, client: Client, release: () => void) => void;

/** Replaces `pg.Pool` for TypeORM: always hands out the given client, and never ends it. */
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
