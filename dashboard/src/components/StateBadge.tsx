import { Badge } from '@mantine/core';

interface Props {
  /** Of a service, an operation, a subscription: any word. */
  readonly state: string;
}

const COLOURS: Readonly<Record<string, string>> = {
  up: 'green',
  ok: 'green',
  active: 'green',
  ready: 'green',
  succeeded: 'green',
  current: 'green',
  serving: 'green',
  building: 'blue',
  verifying: 'blue',
  live: 'green',
  erased: 'green',
  suspect: 'yellow',
  recovering: 'blue',
  running: 'blue',
  pending: 'blue',
  degraded: 'orange',
  paused: 'orange',
  drained: 'grape',
  down: 'red',
  failed: 'red',
  failing: 'red',
  unavailable: 'red',
};

/** A state in its colour. The word is always there: the colour says nothing more. */
export function StateBadge({ state }: Props) {
  return (
    <Badge color={COLOURS[state] ?? 'gray'} variant="light" tt="none" radius="sm">
      {state}
    </Badge>
  );
}
