import { useEffect, useMemo, useState } from 'react';
import { topicOf } from '../use-topics';
import { readTail, type TailState } from './read-tail';
import { TailBuffer, type Line } from './tail-buffer';

/** Where to begin: with what comes, with the last few, or with everything. */
export type Start = 'now' | 'recent' | 'beginning';

export interface TailRequest {
  /** Types, comma-separated; all when empty. */
  readonly types: string;
  /** A filter on the event, as JSON; none when empty. */
  readonly filter: string;
  readonly start: Start;
}

/** How often what came is painted: an event a millisecond would otherwise be a render a millisecond. */
const PAINT_MS = 150;
/** Offsets count all topics of the project, so this is an upper bound of a topic's events. */
const RECENT_OFFSETS = 100;

type Painted = Pick<Tail, 'lines' | 'received'>;

export interface Tail {
  readonly lines: readonly Line[];
  readonly received: number;
  readonly state: TailState | 'paused';
  readonly error: unknown;
  readonly clear: () => void;
}

const beginning = async (topic: string, start: Start, signal: AbortSignal): Promise<number> => {
  if (start === 'beginning') return 0;
  const last = (await topicOf(topic, signal)).last_offset ?? 0;
  return start === 'now' ? last : Math.max(0, last - RECENT_OFFSETS);
};

/**
 * The live events of a topic. Each new request starts over. A pause closes the stream, which later resumes from its
 * position: no event is missed, and none queue up.
 */
export const useTail = (topic: string, request: TailRequest, isPaused: boolean): Tail => {
  const session = useMemo(() => ({ topic, ...request, buffer: undefined as TailBuffer | undefined }), [topic, request]);
  const [painted, setPainted] = useState<Painted>(EMPTY_TAIL);
  const [state, setState] = useState<TailState>('connecting');
  const [error, setError] = useState<unknown>();

  useEffect(() => setPainted(EMPTY_TAIL), [session]);
  useEffect(() => {
    if (isPaused) return;
    const controller = new AbortController();
    const { signal } = controller;
    setError(undefined);
    const read = async (): Promise<void> => {
      session.buffer ??= new TailBuffer(await beginning(session.topic, session.start, signal));
      await readTail(session, session.buffer, setState, signal);
    };
    read().catch((fault: unknown) => {
      if (signal.aborted) return;
      setState('stopped');
      setError(fault);
    });
    const paint = (): void => {
      const { buffer } = session;
      if (!buffer) return;
      const lines = buffer.flush();
      setPainted((before) => (before.lines === lines ? before : { lines, received: buffer.received }));
    };
    const timer = setInterval(paint, PAINT_MS);
    return () => {
      clearInterval(timer);
      controller.abort();
      paint();
    };
  }, [session, isPaused]);

  const clear = (): void => {
    session.buffer?.clear();
    setPainted((before) => ({ ...before, lines: [] }));
  };
  return { ...painted, state: isPaused ? 'paused' : state, error, clear };
};

const EMPTY_TAIL: Painted = { lines: [], received: 0 };
