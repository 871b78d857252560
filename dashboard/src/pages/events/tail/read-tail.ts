import { api } from '../../../api/client';
import { readEvents } from '../../../api/event-stream';
import { ApiError, isPassing } from '../../../api/problem';
import type { TailBuffer } from './tail-buffer';

export type TailState = 'connecting' | 'live' | 'reconnecting' | 'stopped';

/** What is wanted of a topic; see `TailRequest`. */
export interface Selection {
  readonly topic: string;
  readonly types: string;
  readonly filter: string;
}

const RECONNECT_MS = 1_000;

/**
 * Reads a topic's stream into the buffer until `signal` aborts, over however many connections: each begins behind the
 * last event, so that none is missed. Rejects with `ApiError` when trying again would change nothing.
 */
export const readTail = async (
  selection: Selection,
  buffer: TailBuffer,
  onState: (state: TailState) => void,
  signal: AbortSignal,
): Promise<void> => {
  onState('connecting');
  while (!signal.aborted) {
    try {
      await connection(selection, buffer, () => onState('live'), signal);
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof ApiError && !isPassing(error)) throw error;
    }
    if (signal.aborted) return;
    onState('reconnecting');
    await pause(RECONNECT_MS, signal);
  }
};

const connection = async (
  { topic, types, filter }: Selection,
  buffer: TailBuffer,
  onOpen: () => void,
  signal: AbortSignal,
): Promise<void> => {
  const query = {
    after: buffer.lastOffset,
    types: types === '' ? undefined : types,
    filter: filter === '' ? undefined : filter,
  };
  const headers = { accept: 'text/event-stream' };
  const response = await api.stream('/v1/topics/{topic}/stream', { path: { topic }, query, headers, signal });
  onOpen();
  if (!response.body) return;
  await readEvents(response.body, ({ event, data }) => {
    // A `reset` is no event of the topic: it says that some before the next one are gone.
    if (event === 'message') buffer.push(data);
  });
};

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    }
    signal.addEventListener('abort', done);
  });
