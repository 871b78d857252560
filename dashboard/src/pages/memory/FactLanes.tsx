import { useMemo } from 'react';
import { Group, Paper, Stack, Text, Title } from '@mantine/core';
import { lanesOf, type Lane } from './lanes';
import { dateTime, standingOf, validity } from './standing';
import type { Memory } from './types';
import classes from './FactLanes.module.css';

/** What was true of each attribute, when: one lane an attribute, one bar a fact. The list below says the same in words. */
export const FactLanes = ({ memories }: { readonly memories: readonly Memory[] }) => {
  const { from, to, lanes } = useMemo(() => lanesOf(memories, Date.now()), [memories]);
  if (lanes.length === 0) return null;
  return (
    <Paper component="section" withBorder p="sm" aria-labelledby="fact-lanes">
      <Title order={2} size="h5" id="fact-lanes" mb="xs">
        Facts through time
      </Title>
      <Stack gap={6}>
        {lanes.map((lane) => (
          <LaneRow key={lane.name} lane={lane} />
        ))}
        <Group justify="space-between">
          <Text size="xs" c="dimmed">
            {dateTime(new Date(from).toISOString())}
          </Text>
          <Text size="xs" c="dimmed">
            {dateTime(new Date(to).toISOString())}
          </Text>
        </Group>
      </Stack>
    </Paper>
  );
};

const LaneRow = ({ lane: { name, segments } }: { readonly lane: Lane }) => (
  <div className={classes.lane}>
    <Text size="sm" truncate className={classes.name} title={name}>
      <bdi>{name}</bdi>
    </Text>
    <ul className={classes.bars} aria-label={name}>
      {segments.map(({ memory, start, end }) => (
        <li
          key={memory.id}
          className={classes.bar}
          data-standing={standingOf(memory, Date.now()).name}
          style={{
            left: `${Math.min(start, 1 - NARROWEST) * 100}%`,
            width: `${Math.max(NARROWEST, end - start) * 100}%`,
          }}
          title={`${short(memory.content)}, ${validity(memory)}`}
        >
          <bdi>{short(memory.content)}</bdi>
        </li>
      ))}
    </ul>
  </div>
);

/** The share of a lane that a fact of a moment takes: otherwise nobody would see it. */
const NARROWEST = 0.01;
const MAX_LABEL = 80;
const short = (text: string): string => (text.length <= MAX_LABEL ? text : `${text.slice(0, MAX_LABEL)}…`);
