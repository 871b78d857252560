import { Button, Card, Group, Select, Text, TextInput, Title } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { api } from '../../../api/client';
import { ConfirmButton } from '../../../components/ConfirmButton';
import { DataTable } from '../../../components/DataTable';
import { Problem } from '../../../components/Problem';
import { useMay } from '../../../session/use-session';
import type { Collection, MetadataIndex } from '../types';

const TYPES = ['string', 'number', 'datetime', 'boolean'] as const;

interface Props {
  readonly collection: Collection;
}

/** The metadata fields that filters find by an index. */
export function IndexesCard({ collection }: Props) {
  const mayWrite = useMay('write');
  const setIndexes = useSetIndexes(collection);
  const { indexes } = collection;
  const remove = (gone: MetadataIndex) => setIndexes(indexes.filter((index) => index !== gone));
  const action = {
    key: 'remove',
    header: <span className="visually-hidden">Remove</span>,
    align: 'end' as const,
    render: (index: MetadataIndex) => (
      <ConfirmButton
        label="Remove"
        ariaLabel={`Remove the index on ${index.field}`}
        confirm="Filters on this field will scan every record from then on."
        onConfirm={() => remove(index)}
      />
    ),
  };
  return (
    <Card withBorder>
      <Title order={2} size="h4" mb="sm">
        Metadata indexes
      </Title>
      {indexes.length === 0 && <Text c="dimmed">None: filters scan every record.</Text>}
      {indexes.length > 0 && (
        <DataTable
          caption="Metadata indexes"
          columns={[{ key: 'field', header: 'Field' }, { key: 'type', header: 'Type' }, ...(mayWrite ? [action] : [])]}
          rows={indexes}
          rowKey={({ field, type }) => `${type} ${field}`}
        />
      )}
      {mayWrite && <AddIndex onAdd={(index) => setIndexes([...indexes, index])} />}
    </Card>
  );
}

function AddIndex({ onAdd }: { readonly onAdd: (index: MetadataIndex) => Promise<unknown> }) {
  const [field, setField] = useState('');
  const [type, setType] = useState<string>('string');
  const add = useMutation({
    mutationFn: () => onAdd({ field, type: type as MetadataIndex['type'] }),
    onSuccess: () => setField(''),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    add.mutate();
  };
  return (
    <form onSubmit={submit}>
      <Group align="flex-end" mt="sm" gap="xs">
        <TextInput
          label="Field"
          flex="1 1 8rem"
          value={field}
          onChange={(event) => setField(event.currentTarget.value)}
          required
        />
        <Select
          label="Type"
          data={TYPES}
          value={type}
          w={120}
          allowDeselect={false}
          onChange={(chosen) => setType(chosen ?? 'string')}
        />
        <Button type="submit" variant="default" loading={add.isPending}>
          Add an index
        </Button>
      </Group>
      {add.error && <Problem error={add.error} />}
    </form>
  );
}

/** Refused when somebody else changed the collection meanwhile. */
function useSetIndexes({ name, version }: Collection) {
  const client = useQueryClient();
  return async (indexes: readonly MetadataIndex[]): Promise<void> => {
    await api.patch('/v1/collections/{collection}', {
      path: { collection: name },
      body: { indexes },
      headers: { 'if-match': `"${version}"` },
    });
    await client.invalidateQueries({ queryKey: ['collections', 'one', name] });
  };
}
