import { Card, Group, Text, Title } from '@mantine/core';
import { Loading } from '../../../components/Loading';
import { Problem } from '../../../components/Problem';
import { StateBadge } from '../../../components/StateBadge';
import type { Consistency } from '../types';
import { useCopy } from '../use-collections';
import { count, time } from '../words';
import { Facts } from './Facts';

/** The copy at Qdrant: its state, its lag, the last proof. */
export function CopyCard({ collection }: { readonly collection: string }) {
  const { data, error, isPending, refetch } = useCopy(collection);
  return (
    <Card withBorder>
      <Group justify="space-between" mb="sm">
        <Title order={2} size="h4">
          Copy at Qdrant
        </Title>
        {data && <StateBadge state={data.state} />}
      </Group>
      {isPending && <Loading label="Loading the copy" />}
      {error && <Problem error={error} onRetry={() => void refetch()} />}
      {data === null && <Text c="dimmed">No copy is configured: Postgres serves every search.</Text>}
      {data && <Facts facts={copyFacts(data)} />}
    </Card>
  );
}

function copyFacts(copy: Consistency): readonly (readonly [string, string])[] {
  const { build } = copy;
  const building = build && `${count(build.copied)} of ${build.total === null ? '?' : count(build.total)} records`;
  return [
    ['Copied records', copy.copied_records === null ? '–' : count(copy.copied_records)],
    ['Lag', `${count(copy.lag.records)} records, ${copy.lag.seconds.toFixed(1)} s`],
    ['Parked records', count(copy.parked)],
    ['Differences', `${count(copy.differences.found)} found, ${count(copy.differences.repaired)} repaired`],
    ['Last full proof', copy.last_proof === null ? 'none yet' : time(copy.last_proof)],
    ...(building ? [['Being built', building] as const] : []),
    ...(copy.last_error === null ? [] : [['Last error', copy.last_error] as const]),
  ];
}
