import { useEffect, useState } from 'react';
import type { Series } from '../../../components/line-chart-data';
import type { Consumer } from '../types';

/** Ten minutes at one point every two seconds. */
const MAX_POINTS = 300;
/** More lines than these would not be told apart. */
const MAX_LINES = 5;

type Points = readonly (readonly [number, number | null])[];

/** How far behind each consumer was, since the page was opened: from two points on. The furthest behind come first. */
export const useLag = (consumers: readonly Consumer[] | undefined, readAt: number): readonly Series[] => {
  const [history, setHistory] = useState<ReadonlyMap<string, Points>>(new Map());
  useEffect(() => {
    if (!consumers) return;
    setHistory((before) => {
      const next = new Map<string, Points>();
      for (const { kind, name, behind } of consumers) {
        const label = `${kind} ${name}`;
        const points = before.get(label) ?? [];
        next.set(label, points.at(-1)?.[0] === readAt ? points : [...points.slice(1 - MAX_POINTS), [readAt, behind]]);
      }
      return next;
    });
  }, [consumers, readAt]);
  const lines = [...history].map(([label, points]) => ({ label, points })).filter(({ points }) => points.length > 1);
  return lines.sort((a, b) => latest(b.points) - latest(a.points)).slice(0, MAX_LINES);
};

const latest = (points: Points): number => points.at(-1)?.[1] ?? -1;
