import { fork } from 'node:child_process';
import path from 'node:path';

const MAIN = path.join(__dirname, 'decoy-main.js');

/** A server that refuses everything, in a separate process. */
export interface Decoy {
  readonly url: string;
  end(): void;
}

export const startDecoy = async (): Promise<Decoy> => {
  const child = fork(MAIN);
  const port = await new Promise<unknown>((resolve, reject) => {
    child.once('message', resolve).once('error', reject);
    child.once('exit', () => reject(new Error('The decoy ended by itself.')));
  });
  return { url: `http://127.0.0.1:${String(port)}`, end: () => void child.kill('SIGKILL') };
};
