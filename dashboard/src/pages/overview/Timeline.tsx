import { Group, Paper, SegmentedControl, Text, Title } from '@mantine/core';
import { useState } from 'react';
import { DataTable } from '../../components/DataTable';
import { StateBadge } from '../../components/StateBadge';
import { When } from '../../components/When';
import { SERVICE_TITLES, type Service, type ServiceTransition } from '../../services/service';
import { segmentsOf } from './segments';

interface Props {
  readonly services: readonly Service[];
  readonly transitions: readonly ServiceTransition[];
}

const WINDOWS = [
  { value: '15', label: '15 min' },
  { value: '60', label: '1 h' },
  { value: '1440', label: '1 day' },
];
const LABEL = 120;
const WIDTH = 900;
const LANE = 26;
const MAX_SHOWN = 12;

/** What state each service was in, as lanes, and the last changes as a table. */
export function Timeline({ services, transitions }: Props) {
  const [minutes, setMinutes] = useState('15');
  const windowMs = Number(minutes) * 60_000;
  const enabled = services.filter(({ state }) => state !== 'disabled');
  return (
    <Paper withBorder p="sm" radius="md" component="section" aria-label="Timeline">
      <Group justify="space-between" mb="xs">
        <Title order={2} size="h4">
          Timeline
        </Title>
        <SegmentedControl
          size="xs"
          data={WINDOWS}
          value={minutes}
          onChange={setMinutes}
          aria-label="Length of the timeline"
        />
      </Group>
      <Lanes services={enabled} transitions={transitions} windowMs={windowMs} />
      {transitions.length === 0 ? (
        <Text c="dimmed">No service has changed its state yet.</Text>
      ) : (
        <DataTable
          caption="The last changes of state"
          rows={transitions.slice(0, MAX_SHOWN)}
          rowKey={({ service, at, to }) => `${service} ${at} ${to}`}
          columns={[
            { key: 'at', header: 'When', render: ({ at }) => <When at={at} /> },
            {
              key: 'service',
              header: 'Service',
              render: ({ service }) => <span className="one-line">{SERVICE_TITLES[service]}</span>,
            },
            {
              key: 'change',
              header: 'Change',
              render: ({ from, to }) => (
                <Group gap={4} wrap="nowrap">
                  <StateBadge state={from} /> → <StateBadge state={to} />
                </Group>
              ),
            },
            { key: 'reason', header: 'Why' },
          ]}
        />
      )}
    </Paper>
  );
}

interface LanesProps extends Props {
  readonly windowMs: number;
}

function Lanes({ services, transitions, windowMs }: LanesProps) {
  const now = Date.now();
  const x = (share: number) => LABEL + share * (WIDTH - LABEL);
  return (
    <svg
      className="timeline"
      viewBox={`0 0 ${WIDTH} ${services.length * LANE + 4}`}
      role="img"
      aria-label="The states of the services over time; the table below lists the changes"
    >
      {services.map(({ name, state, since }, row) => (
        <g key={name} transform={`translate(0 ${row * LANE})`}>
          <text x={0} y={17}>
            {SERVICE_TITLES[name]}
          </text>
          <rect className="lane" x={LABEL} y={4} width={WIDTH - LABEL} height={LANE - 8} />
          {segmentsOf({ name, state, since }, transitions, now - windowMs, now).map((segment) => (
            <rect
              key={segment.from}
              className={segment.state}
              x={x(segment.from)}
              y={4}
              width={Math.max(2, x(segment.to) - x(segment.from))}
              height={LANE - 8}
            >
              <title>{segment.state}</title>
            </rect>
          ))}
        </g>
      ))}
    </svg>
  );
}
