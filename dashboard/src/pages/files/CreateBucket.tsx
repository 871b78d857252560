import { useState } from 'react';
import { Modal, Select, Switch, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { api } from '../../api/client';
import { ActionForm } from '../../components/ActionForm';
import type { Bucket } from './types';
import { useFileChanges } from './use-files';

interface CreateBucketProps {
  readonly onClose: () => void;
  readonly onMade: (name: string) => void;
}

const ACCESS = [
  { value: 'private', label: 'Private: read with a key' },
  { value: 'public-read', label: 'Public: anybody may read' },
];

/** Makes a bucket; one of the same name is left alone. */
export const CreateBucket = ({ onClose, onMade }: CreateBucketProps) => {
  const [name, setName] = useState('');
  const [access, setAccess] = useState<Bucket['access']>('private');
  const [isCompressed, setCompressed] = useState(false);
  const [isMirrored, setMirrored] = useState(false);
  const { refresh } = useFileChanges();
  const make = useMutation({
    mutationFn: () =>
      api.put('/v1/buckets/{bucket}', {
        path: { bucket: name },
        body: { access, mirror: isMirrored, compression: isCompressed ? 'zstd' : 'none' },
        headers: { 'if-none-match': '*' },
      }),
    onSuccess: async () => {
      await refresh();
      onMade(name);
    },
  });
  return (
    <Modal opened onClose={onClose} title="New bucket">
      <ActionForm action={make} submit="Make it" disabled={name === ''}>
        <TextInput
          label="Name"
          description="Letters, digits, dots, dashes and underscores"
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          maxLength={128}
          required
          data-autofocus
        />
        <Select
          label="Access"
          data={ACCESS}
          value={access}
          onChange={(next) => setAccess(next as Bucket['access'])}
          allowDeselect={false}
        />
        <Switch
          label="Compress suitable files"
          checked={isCompressed}
          onChange={(event) => setCompressed(event.currentTarget.checked)}
        />
        <Switch
          label="Keep a second copy for outages of the store"
          checked={isMirrored}
          onChange={(event) => setMirrored(event.currentTarget.checked)}
        />
      </ActionForm>
    </Modal>
  );
};
