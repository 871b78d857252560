import { Session } from 'node:inspector';
import { workerData } from 'node:worker_threads';
import { STALL_CHANNEL } from './channel';

/** What the main thread shares with its sentry. */
export interface SentryData {
  /** One counter, which each turn of the main thread's loop moves on. */
  readonly beats: SharedArrayBuffer;
  /** The sentry asks when the counter has stood still for so long. */
  readonly askAfterMs: number;
}

const { beats, askAfterMs } = workerData as SentryData;
const counter = new Int32Array(beats);
const main = new Session();
// Opens no port, enables no debugger: a question interrupts the main thread wherever it is, a regular expression included.
main.connectToMainThread();

const QUESTION = `process.getBuiltinModule('node:diagnostics_channel').channel('${STALL_CHANNEL}').publish({})`;

let seen = -1;
let sinceMs = performance.now();
let hasAsked = false;

setInterval(() => {
  const beat = Atomics.load(counter, 0);
  if (beat !== seen) {
    seen = beat;
    sinceMs = performance.now();
    hasAsked = false;
  } else if (!hasAsked && performance.now() - sinceMs >= askAfterMs) {
    hasAsked = true;
    main.post('Runtime.evaluate', { expression: QUESTION });
  }
}, askAfterMs / 2);
