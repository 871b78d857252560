import { Button, Group } from '@mantine/core';
import { count } from '../words';
import type { Colouring } from './colours';

interface Props {
  readonly colouring: Colouring;
  /** Groups that are shown; all when empty. */
  readonly groups: ReadonlySet<number>;
  readonly onChange: (groups: ReadonlySet<number>) => void;
}

const MAX_ENTRIES = 40;

/** What the colours mean. Each is a button that shows its points alone. */
export function Legend({ colouring, groups, onChange }: Props) {
  const toggle = (at: number): void => {
    const next = new Set(groups);
    if (!next.delete(at)) next.add(at);
    onChange(next.size === colouring.groups.length ? new Set() : next);
  };
  return (
    <Group gap={6} role="group" aria-label="Legend: show only">
      {colouring.groups.map(({ label, colour, count: number }, at) => (
        <Button
          key={`${at} ${label}`}
          size="compact-sm"
          variant={groups.has(at) ? 'filled' : 'default'}
          aria-pressed={groups.has(at)}
          onClick={() => toggle(at)}
          leftSection={
            <svg width="12" height="12" aria-hidden>
              <circle cx="6" cy="6" r="5" fill={colour} />
            </svg>
          }
        >
          <bdi>{label.length > MAX_ENTRIES ? `${label.slice(0, MAX_ENTRIES)}…` : label}</bdi>&nbsp;({count(number)})
        </Button>
      ))}
    </Group>
  );
}
