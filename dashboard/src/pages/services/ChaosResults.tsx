import { Button, Code, FileButton, Group, Paper, Text, Title } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api } from '../../api/client';
import type { Body } from '../../api/types';
import { Empty } from '../../components/Empty';
import { Problem } from '../../components/Problem';
import { dateTime } from '../../components/time';
import { useMay } from '../../session/use-session';
import { ChaosTable } from './ChaosTable';

type SentVerdict = Body<'put', '/v1/chaos'>;

const MAX_BYTES = 8 * 1024 * 1024;

/** The verdicts of the last chaos run that was stored here. */
export function ChaosResults() {
  const mayStore = useMay('root');
  const client = useQueryClient();
  const { data, error, refetch } = useQuery({
    queryKey: ['chaos'],
    queryFn: ({ signal }) => api.get('/v1/chaos', { signal }),
  });
  const store = useMutation({
    mutationFn: async (file: File) => api.put('/v1/chaos', { body: await verdictIn(file) }),
    onSuccess: (verdict) => client.setQueryData(['chaos'], { verdict }),
  });
  return (
    <Paper withBorder p="md" radius="md" component="section" aria-label="Chaos results">
      <Group justify="space-between" mb="xs">
        <Title order={2} size="h4">
          Chaos results
        </Title>
        {mayStore && (
          <FileButton accept="application/json,.json" onChange={(file) => file && store.mutate(file)}>
            {(props) => (
              <Button size="xs" variant="default" loading={store.isPending} {...props}>
                Store a verdict file
              </Button>
            )}
          </FileButton>
        )}
      </Group>
      {error && <Problem error={error} onRetry={() => void refetch()} />}
      {store.error && <Problem error={store.error} />}
      {data?.verdict === null && (
        <Empty
          title="No chaos run has been stored here"
          hint={
            <>
              Run <Code>zerodb chaos --services chaos.json --json &gt; verdict.json</Code> against services that may be
              broken, and store the file.
            </>
          }
        />
      )}
      {data?.verdict && (
        <>
          <Text size="sm" mb="xs">
            {data.verdict.cells.filter(({ green }) => green).length} of {data.verdict.cells.length} cells green, seed{' '}
            {data.verdict.seed}, stored {dateTime(data.verdict.stored_at)}.
          </Text>
          <ChaosTable verdict={data.verdict} />
        </>
      )}
    </Paper>
  );
}

/** What it holds is checked by the server. */
async function verdictIn(file: File): Promise<SentVerdict> {
  if (file.size > MAX_BYTES) throw new Error(`The file is larger than ${MAX_BYTES / 1024 / 1024} MiB.`);
  try {
    return JSON.parse(await file.text()) as SentVerdict;
  } catch {
    throw new Error('The file is not JSON. It should hold what "zerodb chaos --json" printed.');
  }
}
