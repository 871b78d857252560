import { Button, Modal, Select, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../../api/client';
import { ActionForm } from '../../components/ActionForm';
import { expiryOf, LIFETIMES, type Role } from './key';
import { ShownOnce } from './ShownOnce';

interface Props {
  readonly project: string;
  readonly onCreated: () => void;
}

const ROLES = [
  { value: 'audit', label: 'audit: read the audit log, nothing else' },
  { value: 'read', label: 'read: read and search' },
  { value: 'write', label: 'write: also change data' },
  { value: 'admin', label: 'admin: also manage keys' },
];

/** Creates a key, and shows it once. */
export function NewKey({ project, onCreated }: Props) {
  const [isOpen, { open, close }] = useDisclosure(false);
  const [name, setName] = useState('');
  const [role, setRole] = useState<Role>('read');
  const [days, setDays] = useState('90');
  const create = useMutation({
    mutationFn: () => {
      const expires_at = expiryOf(days, Date.now());
      return api.post('/v1/keys', { body: { name, role, ...(expires_at && { expires_at }) } });
    },
    onSuccess: onCreated,
    // The key is in its answer: it goes when the window closes.
    gcTime: 0,
  });
  const leave = () => {
    close();
    create.reset();
    setName('');
  };
  return (
    <>
      <Button size="sm" onClick={open}>
        New key
      </Button>
      <Modal
        opened={isOpen}
        onClose={leave}
        closeOnClickOutside={create.data === undefined}
        title={create.data ? 'The new key' : `New key for ${project}`}
      >
        {create.data ? (
          <ShownOnce secret={create.data.key ?? ''} onDone={leave} />
        ) : (
          <ActionForm action={create} submit="Create the key">
            <TextInput
              label="Name"
              description="Who will use it"
              required
              maxLength={255}
              value={name}
              onChange={(event) => setName(event.currentTarget.value)}
              data-autofocus
            />
            <Select
              label="Role"
              data={ROLES}
              value={role}
              allowDeselect={false}
              onChange={(value) => setRole(value as Role)}
            />
            <Select
              label="Expires"
              data={LIFETIMES}
              value={days}
              allowDeselect={false}
              onChange={(value) => setDays(value ?? '90')}
            />
          </ActionForm>
        )}
      </Modal>
    </>
  );
}
