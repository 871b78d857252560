import { useEffect, useRef, useState } from 'react';
import { isUsed, SERVICE_TITLES, type Service } from '../../services/service';
import type { Serving } from '../../services/serving';

interface Props {
  readonly services: readonly Service[];
  readonly serving: readonly Serving[];
}

/** Tells screen readers what changed, in one sentence. */
export function Announcer({ services, serving }: Props) {
  const [news, setNews] = useState('');
  const before = useRef<ReadonlyMap<string, string>>(new Map());
  useEffect(() => {
    // The page itself says that the server does not answer; what its services do is no news then.
    if (services.some(({ state }) => state === 'unknown')) return;
    const changed = services.filter(({ name, state }) => (before.current.get(name) ?? state) !== state);
    before.current = new Map(services.map(({ name, state }) => [name, state]));
    if (changed.length === 0) return;
    const states = changed.map(({ name, state }) => `${SERVICE_TITLES[name]} is ${state}.`);
    const takeovers = changed.filter((service) => !isUsed(service)).length > 0 ? takenOver(serving) : [];
    setNews([...states, ...takeovers].join(' '));
  }, [services, serving]);
  return (
    <div className="visually-hidden" role="status" aria-live="polite">
      {news}
    </div>
  );
}

const takenOver = (serving: readonly Serving[]): string[] =>
  serving
    .filter(({ mode }) => mode === 'stand-in')
    .map(({ capability, servedBy }) => `${capability}: now ${servedBy}.`);
