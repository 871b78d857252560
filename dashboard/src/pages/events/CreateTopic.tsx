import { useState } from 'react';
import { Modal, TagsInput, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { api } from '../../api/client';
import { ActionForm } from '../../components/ActionForm';

interface CreateTopicProps {
  readonly onClose: () => void;
  readonly onMade: (name: string) => void;
}

const KNOWN_CHANGES = [
  'zerodb.record.*',
  'zerodb.collection.*',
  'zerodb.memory.*',
  'zerodb.file.*',
  'zerodb.service.*',
];

/** Makes a topic; one of the same name is left alone. */
export const CreateTopic = ({ onClose, onMade }: CreateTopicProps) => {
  const [name, setName] = useState('');
  const [changes, setChanges] = useState<string[]>([]);
  const client = useQueryClient();
  const make = useMutation({
    mutationFn: () =>
      api.put('/v1/topics/{topic}', { path: { topic: name }, body: { changes }, headers: { 'if-none-match': '*' } }),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ['events'] });
      onMade(name);
    },
  });
  return (
    <Modal opened onClose={onClose} title="New topic">
      <ActionForm action={make} submit="Make it" disabled={name === ''}>
        <TextInput
          label="Name"
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          maxLength={128}
          required
          data-autofocus
        />
        <TagsInput
          label="Changes that become events here"
          description="Types, or the start of some and “.*”. None: only what is published."
          data={KNOWN_CHANGES}
          value={changes}
          onChange={setChanges}
          maxTags={50}
        />
      </ActionForm>
    </Modal>
  );
};
