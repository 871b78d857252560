import { Badge, Modal, Stack, Table, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { api } from '../../api/client';
import { Loading } from '../../components/Loading';
import { LongText } from '../../components/LongText';
import { Problem } from '../../components/Problem';
import { dateTime, validity } from './standing';
import type { History } from './types';

interface MemoryHistoryProps {
  readonly id: string;
  readonly onClose: () => void;
}

/** Every version of a memory, and all that was said of the same attribute. */
export const MemoryHistory = ({ id, onClose }: MemoryHistoryProps) => {
  const { data, error, isPending, refetch } = useQuery({
    queryKey: ['memory', 'history', id],
    queryFn: ({ signal }) => api.get('/v1/memories/{id}/history', { path: { id }, signal }),
  });
  return (
    <Modal opened onClose={onClose} title="History of a memory" size="xl">
      {isPending && <Loading label="Loading the history" />}
      {error && <Problem error={error} onRetry={() => void refetch()} />}
      {data && (
        <Stack>
          <Versions versions={data.versions} />
          <AttributeTimeline timeline={data.timeline} id={id} />
        </Stack>
      )}
    </Modal>
  );
};

const Versions = ({ versions }: Pick<History, 'versions'>) => (
  <Table.ScrollContainer minWidth={480}>
    <Table verticalSpacing="xs">
      <Table.Caption>Versions of this memory, as the ledger recorded them</Table.Caption>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Change</Table.Th>
          <Table.Th>Recorded</Table.Th>
          <Table.Th>Content</Table.Th>
          <Table.Th>Valid</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {versions.map((version) => (
          <Table.Tr key={version.version}>
            <Table.Td>
              <Badge variant="light">{version.change}</Badge>
            </Table.Td>
            <Table.Td>{dateTime(version.recorded_from)}</Table.Td>
            <Table.Td>{version.content === null ? <Erased /> : <LongText value={version.content} />}</Table.Td>
            <Table.Td>{validity(version)}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  </Table.ScrollContainer>
);

const AttributeTimeline = ({ timeline, id }: Pick<History, 'timeline' | 'id'>) => (
  <section aria-labelledby="attribute-timeline">
    <Title order={3} size="h5" id="attribute-timeline">
      All statements about the same attribute
    </Title>
    <ol>
      {timeline.map((row) => (
        <li key={row.id} aria-current={row.id === id || undefined}>
          {row.content === null ? <Erased /> : <LongText value={row.content} />}
          <Text size="sm" c="dimmed">
            {validity(row)}
            {row.id === id && ' (this one)'}
          </Text>
        </li>
      ))}
    </ol>
  </section>
);

const Erased = () => <Text c="dimmed">forgotten</Text>;
