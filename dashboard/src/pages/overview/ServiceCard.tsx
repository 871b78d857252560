import { Group, Paper, Text, Title } from '@mantine/core';
import { LongText } from '../../components/LongText';
import { StateBadge } from '../../components/StateBadge';
import { duration } from '../../components/time';
import { SERVICE_TITLES, type Service } from '../../services/service';

interface Props {
  readonly service: Service;
}

/** One service: its state and its figures. */
export function ServiceCard({ service }: Props) {
  const { name, state, kind, version, since, reason } = service;
  return (
    <Paper withBorder p="sm" radius="md" component="section" aria-label={SERVICE_TITLES[name]}>
      <Group justify="space-between" gap={4}>
        <Title order={3} size="h5">
          {SERVICE_TITLES[name]}
        </Title>
        <StateBadge state={state} />
      </Group>
      <Text size="xs" c="dimmed">
        {[kind, version].filter(Boolean).join(' · ') || 'not attached'}
      </Text>
      <Text size="xs" c="dimmed">
        for {duration(Date.now() - Date.parse(since))}
        {state !== 'up' && (
          <>
            : <LongText value={reason} max={120} />
          </>
        )}
      </Text>
      {state !== 'disabled' && state !== 'unknown' && <Figures service={service} />}
    </Paper>
  );
}

function Figures({ service: { latency_ms, last_probe, error_rate, calls_per_minute, in_flight, lag } }: Props) {
  const reads = latency_ms.read ?? latency_ms.write;
  const facts: readonly (readonly [string, string])[] = [
    ['p50 / p95', reads ? `${ms(reads.p50)} / ${ms(reads.p95)}` : '–'],
    ['last probe', last_probe ? (last_probe.ok ? ms(last_probe.latency_ms) : 'failed') : '–'],
    ['calls a minute', calls_per_minute.toLocaleString('en')],
    ['errors', error_rate === null ? '–' : `${(100 * error_rate).toFixed(1)} %`],
    ['in flight', `${in_flight}`],
    ['lag', lag ? `${lag.records.toLocaleString('en')} (${lag.seconds.toFixed(1)} s)` : '–'],
  ];
  return (
    <dl className="facts">
      {facts.map(([title, value]) => (
        <div key={title}>
          <dt>{title}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

const ms = (value: number): string => `${value.toFixed(value < 10 ? 1 : 0)} ms`;
