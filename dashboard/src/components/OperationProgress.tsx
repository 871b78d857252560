import { Group, Progress, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { api } from '../api/client';
import type { Operation } from '../api/types';
import { stepsOf } from './operation-words';
import { JsonView } from './JsonView';
import { Problem } from './Problem';
import { StateBadge } from './StateBadge';

interface Props {
  readonly id: string;
  /** What it is, such as "Rebuilding Qdrant". */
  readonly label: string;
}

const POLL_MS = 1_000;
const isOver = (operation: Operation | undefined): boolean =>
  operation?.state === 'succeeded' || operation?.state === 'failed';

/** Long work, followed until it ends. For the same by hand, see `useOperation`. */
export function OperationProgress({ id, label }: Props) {
  const { data, error, refetch } = useOperation(id);
  if (error) return <Problem error={error} onRetry={() => void refetch()} />;
  return (
    <Stack gap={4} role="status">
      <Group gap="xs">
        <Text size="sm">{label}</Text>
        <StateBadge state={data?.state ?? 'pending'} />
        {data?.state === 'running' && <Text size="sm">{stepsOf(data.progress)}</Text>}
      </Group>
      <Progress value={shareOf(data)} animated={!isOver(data)} aria-label={label} />
      {data?.error && (
        <Text size="sm" c="var(--mantine-color-error)">
          {data.error.message}
        </Text>
      )}
      {data?.result !== undefined && data.result !== null && (
        <JsonView value={data.result} label={`Result of: ${label}`} />
      )}
    </Stack>
  );
}

export const useOperation = (id: string | undefined) =>
  useQuery({
    queryKey: ['operation', id],
    queryFn: ({ signal }) => api.get('/v1/operations/{id}', { path: { id: id ?? '' }, signal }),
    enabled: id !== undefined,
    refetchInterval: ({ state }) => (isOver(state.data) ? false : POLL_MS),
  });

/** Percent. Work that does not count its steps is shown as full, and moving. */
function shareOf(operation: Operation | undefined): number {
  const { done, total } = operation?.progress ?? {};
  if (operation?.state !== 'running' || typeof done !== 'number' || typeof total !== 'number' || total <= 0) return 100;
  return Math.min(100, (100 * done) / total);
}
