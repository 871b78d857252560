import { Button, Group, Paper, Stack, Table, Text, Title } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import { LongText } from '../../components/LongText';
import { StateBadge } from '../../components/StateBadge';
import { saveText } from '../../components/save-file';
import { dateTime } from './standing';
import type { Receipt } from './types';

interface ErasureReceiptProps {
  readonly receipt: Receipt;
  readonly operationId: string;
}

/** What was erased where; complete only when every part has confirmed. */
export const ErasureReceipt = ({ receipt, operationId }: ErasureReceiptProps) => (
  <Paper component="section" withBorder p="md" aria-labelledby="receipt">
    <Stack>
      <Group justify="space-between">
        <Title order={2} size="h4" id="receipt">
          Receipt
        </Title>
        <Button
          variant="default"
          leftSection={<IconDownload size={16} aria-hidden />}
          onClick={() => saveText(`erasure-${operationId}.json`, JSON.stringify(receipt, null, 2), 'application/json')}
        >
          Download
        </Button>
      </Group>
      <Text role="status">
        {receipt.completed_at === null
          ? `Not complete yet: waiting for ${receipt.pending.join(', ')}.`
          : `Complete: every part confirmed by ${dateTime(receipt.completed_at)}.`}
      </Text>
      <Table.ScrollContainer minWidth={420}>
        <Table>
          <Table.Caption>
            Requested at {dateTime(receipt.requested_at)}, for <bdi>{receipt.user_id}</bdi>
          </Table.Caption>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Part</Table.Th>
              <Table.Th>State</Table.Th>
              <Table.Th>Erased data, or the reason to wait</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {Object.entries(receipt.services).map(([name, { state, detail }]) => (
              <Table.Tr key={name}>
                <Table.Td>{name}</Table.Td>
                <Table.Td>
                  <StateBadge state={state} />
                </Table.Td>
                <Table.Td>
                  <LongText value={inWords(detail)} />
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Stack>
  </Paper>
);

/** `files: 2, waits for: a follower`. */
const inWords = (detail: Readonly<Record<string, unknown>>): string =>
  Object.entries(detail)
    .map(
      ([name, value]) => `${name.replaceAll('_', ' ')}: ${typeof value === 'string' ? value : JSON.stringify(value)}`,
    )
    .join(', ');
