import { Button, Group, Stack, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { api } from '../../api/client';
import { ConfirmButton } from '../../components/ConfirmButton';
import { DataTable } from '../../components/DataTable';
import { Loading } from '../../components/Loading';
import { Problem } from '../../components/Problem';
import { When } from '../../components/When';
import { chooseProject } from '../../session/session';
import { useSession } from '../../session/use-session';

const DEFAULT = 'default';

/** All projects of this installation; for the root key. */
export function Projects() {
  const client = useQueryClient();
  const session = useSession();
  const { data, error, refetch } = useQuery({
    queryKey: ['projects', 'all'],
    queryFn: ({ signal }) => api.get('/v1/projects', { signal, query: { limit: 1000 } }),
  });
  const changed = () => client.invalidateQueries({ queryKey: ['projects'] });
  const remove = async (name: string) => {
    await api.delete('/v1/projects/{name}', { path: { name } });
    if (session?.project === name) chooseProject(DEFAULT);
    await changed();
  };
  if (error) return <Problem error={error} onRetry={() => void refetch()} />;
  if (!data) return <Loading label="Loading the projects" />;
  return (
    <Stack>
      <NewProject onCreated={() => void changed()} />
      <DataTable
        caption={data.has_more ? 'The first 1,000 projects' : 'Projects'}
        rows={data.data}
        rowKey={({ name }) => name}
        columns={[
          { key: 'name', header: 'Name' },
          { key: 'created_at', header: 'Created', render: ({ created_at }) => <When at={created_at} /> },
          {
            key: 'delete',
            header: 'Delete',
            render: ({ name }) =>
              name !== DEFAULT && (
                <ConfirmButton
                  label="Delete"
                  ariaLabel={`Delete the project ${name}`}
                  typed={name}
                  confirm="Its collections, memories, files, events and keys are deleted permanently."
                  onConfirm={() => remove(name)}
                />
              ),
          },
        ]}
      />
    </Stack>
  );
}

function NewProject({ onCreated }: { readonly onCreated: () => void }) {
  const [name, setName] = useState('');
  const create = useMutation({
    mutationFn: () => api.post('/v1/projects', { body: { name } }),
    onSuccess: () => {
      setName('');
      onCreated();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    create.mutate();
  };
  return (
    <form onSubmit={submit}>
      <Group align="flex-end">
        <TextInput
          label="New project"
          description="Letters, digits, dots, dashes"
          required
          maxLength={128}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Button type="submit" loading={create.isPending}>
          Create
        </Button>
      </Group>
      {create.error && <Problem error={create.error} />}
    </form>
  );
}
