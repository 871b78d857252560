import { Button, Modal, Textarea, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../../../api/client';
import { ActionForm } from '../../../components/ActionForm';
import type { Collection } from '../types';
import { parseVector } from '../vector-text';
import { parseMetadata } from './merge-patch';
import { useRefreshRecords } from './use-records';

interface Props {
  readonly collection: Collection;
}

/** Stores a record. */
export function NewRecord({ collection }: Props) {
  const [isOpen, { open, close }] = useDisclosure(false);
  return (
    <>
      <Button variant="default" onClick={open}>
        New record
      </Button>
      <Modal opened={isOpen} onClose={close} title="New record" size="lg">
        <NewRecordForm collection={collection} onDone={close} />
      </Modal>
    </>
  );
}

function NewRecordForm({ collection, onDone }: Props & { readonly onDone: () => void }) {
  const [id, setId] = useState('');
  const [text, setText] = useState('');
  const [vector, setVector] = useState('');
  const [json, setJson] = useState('{}');
  const refresh = useRefreshRecords(collection.name);
  const parsed = parseMetadata(json);
  const numbers = vector.trim() === '' ? undefined : parseVector(vector);
  const fault = numbers !== undefined && 'fault' in numbers ? numbers.fault : undefined;
  const store = useMutation({
    mutationFn: async () => {
      const record = {
        ...(id !== '' && { id }),
        ...(text !== '' && { text }),
        ...(numbers && 'vector' in numbers && { vector: numbers.vector }),
        ...('metadata' in parsed && { metadata: parsed.metadata }),
      };
      await api.put('/v1/collections/{collection}/records', {
        path: { collection: collection.name },
        body: { records: [record] },
      });
      onDone();
      await refresh('everything');
    },
  });
  const needsVector = collection.embedding_model === null;
  return (
    <ActionForm action={store} submit="Store" onCancel={onDone} disabled={'fault' in parsed || fault !== undefined}>
      <TextInput
        label="Id"
        description="Generated when empty. An existing record with this id is replaced."
        value={id}
        onChange={(event) => setId(event.currentTarget.value)}
        data-autofocus
      />
      <Textarea
        label="Text"
        autosize
        minRows={3}
        maxRows={12}
        dir="auto"
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <Textarea
        label={`Vector of ${collection.dimension} numbers`}
        description={needsVector ? 'This collection has no embedding model.' : 'Embedded from the text when empty.'}
        autosize
        maxRows={6}
        required={needsVector}
        error={fault}
        value={vector}
        onChange={(event) => setVector(event.currentTarget.value)}
        classNames={{ input: 'monospace' }}
      />
      <Textarea
        label="Metadata"
        autosize
        minRows={4}
        maxRows={16}
        value={json}
        error={'fault' in parsed ? parsed.fault : undefined}
        onChange={(event) => setJson(event.currentTarget.value)}
        classNames={{ input: 'monospace' }}
      />
    </ActionForm>
  );
}
