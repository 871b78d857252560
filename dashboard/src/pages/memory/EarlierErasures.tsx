import { Button, Group, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { api } from '../../api/client';
import { StateBadge } from '../../components/StateBadge';
import { dateTime } from './standing';
import { receiptOf, type Erasure } from './types';

interface EarlierErasuresProps {
  readonly userId: string;
  readonly onShow: (erasure: Erasure) => void;
}

/** The API's maximum operations per page. */
const NEWEST = 1_000;

/** The erasures of this user that are known still, so that no receipt is lost with the page it was shown on. */
export const EarlierErasures = ({ userId, onShow }: EarlierErasuresProps) => {
  const { data = [] } = useQuery({
    queryKey: ['memory', 'erasures', userId],
    queryFn: async ({ signal }) => {
      const page = await api.get('/v1/operations', { signal, query: { limit: NEWEST } });
      return page.data.filter(({ kind }) => kind === 'erasure');
    },
  });
  const erasures = data.filter((operation) => receiptOf(operation)?.user_id === userId);
  if (erasures.length === 0) return null;
  return (
    <Stack component="section" gap="xs" aria-labelledby="earlier">
      <Title order={2} size="h5" id="earlier">
        Earlier erasures
      </Title>
      {erasures.map((erasure) => (
        <Group key={erasure.id} gap="sm">
          <Text size="sm">{dateTime(erasure.created_at)}</Text>
          <StateBadge state={erasure.state} />
          <Button size="xs" variant="default" onClick={() => onShow(erasure)}>
            Show the receipt
          </Button>
        </Group>
      ))}
    </Stack>
  );
};
