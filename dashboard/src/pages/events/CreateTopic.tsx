import { useState, type FormEvent } from 'react';
import { Button, Group, Modal, Stack, TagsInput, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { api } from '../../api/client';
import { path } from '../../api/path';
import { Problem } from '../../components/Problem';

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
    mutationFn: () => api.put(path`/v1/topics/${name}`, { changes }, { headers: { 'if-none-match': '*' } }),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ['events'] });
      onMade(name);
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (name !== '' && !make.isPending) make.mutate();
  };
  return (
    <Modal opened onClose={onClose} title="New topic" closeButtonProps={{ 'aria-label': 'Close' }}>
      <form onSubmit={submit}>
        <Stack>
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
          {make.isError && <Problem error={make.error} />}
          <Group justify="flex-end">
            <Button type="submit" loading={make.isPending} disabled={name === ''}>
              Make it
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
};
