import { Button, Group, Stack, Text, Title } from '@mantine/core';
import { useState } from 'react';
import { api } from '../../../api/client';
import { ConfirmButton } from '../../../components/ConfirmButton';
import { JsonView } from '../../../components/JsonView';
import { LongText } from '../../../components/LongText';
import { useMay } from '../../../session/use-session';
import { Facts } from '../overview/Facts';
import type { Collection, StoredRecord } from '../types';
import { count, score, time } from '../words';
import { EditRecord } from './EditRecord';
import { useRefreshRecords } from './use-records';

interface Props {
  readonly collection: Collection;
  readonly record: StoredRecord;
  readonly onGone: () => void;
}

/** Everything a record has. */
export function RecordView({ collection, record, onGone }: Props) {
  const [isEditing, setEditing] = useState(false);
  const mayWrite = useMay('write');
  const refresh = useRefreshRecords(collection.name);
  const { id, version } = record;
  const remove = async (): Promise<void> => {
    const headers = { 'if-match': `"${version}"` };
    await api.delete('/v1/collections/{collection}/records/{id}', {
      path: { collection: collection.name, id },
      headers,
    });
    onGone();
    // The deleted record may still be shown for a moment.
    await refresh('lists');
  };
  if (isEditing) return <EditRecord collection={collection} record={record} onDone={() => setEditing(false)} />;
  return (
    <Stack gap="sm">
      {mayWrite && (
        <Group gap="xs">
          <Button size="xs" onClick={() => setEditing(true)}>
            Edit
          </Button>
          <ConfirmButton label="Delete" confirm="The record will be deleted from every engine." onConfirm={remove} />
        </Group>
      )}
      <Facts
        facts={[
          ['Id', id],
          ['Version', String(version)],
          ['Made', time(record.created_at)],
          ['Changed', time(record.updated_at)],
        ]}
      />
      <Title order={3} size="h5">
        Text
      </Title>
      <Text component="div" dir="auto">
        {record.text === undefined ? <Text c="dimmed">none</Text> : <LongText value={record.text} max={2_000} />}
      </Text>
      <Title order={3} size="h5">
        Metadata
      </Title>
      <JsonView value={record.metadata ?? {}} label="Metadata" />
      {/* Base64 is for who asks for it. */}
      <VectorFacts vector={typeof record.vector === 'object' ? record.vector : []} />
    </Stack>
  );
}

function VectorFacts({ vector }: { readonly vector: readonly number[] }) {
  const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
  return (
    <>
      <Title order={3} size="h5">
        Vector
      </Title>
      <Text size="sm">
        {count(vector.length)} numbers, length {score(length)}
      </Text>
      <JsonView value={vector} label="Vector" max={400} />
    </>
  );
}
