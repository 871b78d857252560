import { Button, Group, Paper, Progress, Text, Title } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { api } from '../../api/client';
import { OperationProgress } from '../../components/OperationProgress';
import { Problem } from '../../components/Problem';
import { dateTime } from '../../components/time';
import { useMay } from '../../session/use-session';
import { useConsistency, type Consistency } from '../../services/use-consistency';

/** How equal the copies of this project are to the record. */
export function DriftMeter() {
  const { data, error, refetch } = useConsistency();
  return (
    <Paper withBorder p="sm" radius="md" component="section" aria-label="Drift meter">
      <Title order={2} size="h4" mb="xs">
        Drift meter
      </Title>
      {error && <Problem error={error} onRetry={() => void refetch()} />}
      {!error && data?.follower === null && <Text>Only Postgres holds the records: there is no copy to compare.</Text>}
      {!error && data && data.follower !== null && <Meter consistency={data} />}
    </Paper>
  );
}

function Meter({ consistency }: { readonly consistency: Consistency }) {
  const mayVerify = useMay('write');
  const verify = useMutation({ mutationFn: () => api.post('/v1/consistency/verify', { body: {} }) });
  const { data, lag } = consistency;
  const sum = (of: (one: Consistency['data'][number]) => number) => data.reduce((total, one) => total + of(one), 0);
  const [records, found, repaired] = [
    sum((one) => one.records),
    sum((one) => one.differences.found),
    sum((one) => one.differences.repaired),
  ];
  const level = records === 0 ? 100 : (100 * Math.max(0, records - sum((one) => one.lag.records))) / records;
  const waiting =
    lag.records === 0
      ? 'nothing waits'
      : `${lag.records.toLocaleString('en')} changes wait, the oldest for ${lag.seconds.toFixed(1)} s`;
  const proofs = data.flatMap(({ last_proof }) => (last_proof === null ? [] : [last_proof])).sort();
  return (
    <>
      <Progress value={level} size="lg" aria-label="Records that match their copies" />
      <Text size="sm" mt="xs">
        {/* Not rounded up: 100 % is a promise. */}
        {Math.floor(level * 100) / 100} % of {records.toLocaleString('en')} records match; {waiting}. {found}{' '}
        differences found, {repaired} repaired.
        {proofs[0] !== undefined && ` Everything was last proved equal at ${dateTime(proofs[0])} or later.`}
      </Text>
      {mayVerify && (
        <Group mt="xs">
          <Button size="xs" variant="default" loading={verify.isPending} onClick={() => verify.mutate()}>
            Compare now
          </Button>
        </Group>
      )}
      {verify.error && <Problem error={verify.error} />}
      {verify.data && <OperationProgress id={verify.data.id} label="Comparing the copies with the record" />}
    </>
  );
}
