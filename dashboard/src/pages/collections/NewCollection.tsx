import { Button, Modal, NumberInput, Select, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../../api/client';
import type { Collection } from '../../api/types';
import { ActionForm } from '../../components/ActionForm';

interface Props {
  readonly onMade: (name: string) => void;
}

type Metric = Collection['metric'];

const METRICS: readonly Metric[] = ['cosine', 'dot', 'euclid', 'manhattan'];

/** Makes a collection: with the default embedding model, or for vectors that come from outside. */
export function NewCollection({ onMade }: Props) {
  const [isOpen, { open, close }] = useDisclosure(false);
  return (
    <>
      <Button onClick={open}>New collection</Button>
      <Modal opened={isOpen} onClose={close} title="New collection" centered>
        <NewCollectionForm onMade={onMade} onCancel={close} />
      </Modal>
    </>
  );
}

function NewCollectionForm({ onMade, onCancel }: Props & { readonly onCancel: () => void }) {
  const [name, setName] = useState('');
  const [vectors, setVectors] = useState<string | null>('model');
  const [dimension, setDimension] = useState<string | number>(384);
  const [metric, setMetric] = useState<Metric>('cosine');
  const make = useMutation({
    mutationFn: () =>
      api.put('/v1/collections/{collection}', {
        path: { collection: name },
        body: { metric, ...(vectors === 'own' && { dimension: Number(dimension) }) },
        headers: { 'if-none-match': '*' },
      }),
    onSuccess: () => onMade(name),
  });
  return (
    <ActionForm action={make} submit="Make it" onCancel={onCancel}>
      <TextInput
        label="Name"
        description="Letters, digits, dots, dashes and underscores."
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        required
        data-autofocus
      />
      <Select
        label="Vectors"
        data={[
          { value: 'model', label: 'From texts, by the default embedding model' },
          { value: 'own', label: 'From me; texts serve keyword search only' },
        ]}
        value={vectors}
        onChange={setVectors}
        allowDeselect={false}
      />
      {vectors === 'own' && (
        <NumberInput label="Dimensions" min={1} max={16_000} value={dimension} onChange={setDimension} required />
      )}
      <Select
        label="Metric"
        data={[...METRICS]}
        value={metric}
        onChange={(next) => setMetric(next as Metric)}
        allowDeselect={false}
      />
    </ActionForm>
  );
}
