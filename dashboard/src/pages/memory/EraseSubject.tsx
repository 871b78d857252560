import { useState, type FormEvent } from 'react';
import { Alert, Button, Group, List, Stack, Text, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api } from '../../api/client';
import { Empty } from '../../components/Empty';
import { Problem } from '../../components/Problem';
import { EarlierErasures } from './EarlierErasures';
import { ErasureReceipt } from './ErasureReceipt';
import { receiptOf, type Erasure } from './types';

const POLL_MS = 1_000;

/** Erases a person everywhere, after the id was typed again, and shows the receipt. */
export const EraseSubject = ({ userId }: { readonly userId: string | undefined }) => {
  const client = useQueryClient();
  const [earlier, setEarlier] = useState<Erasure>();
  const erase = useMutation({
    mutationFn: (user: string) => api.delete('/v1/subjects/{user_id}', { path: { user_id: user } }),
    onSuccess: () => client.invalidateQueries({ queryKey: ['memory'] }),
  });
  const shown = earlier ?? erase.data;
  if (userId === undefined) {
    return (
      <Empty title="Only users can be erased" hint="Name a user above. Agents and sessions end with their memories." />
    );
  }
  return (
    <Stack maw={720}>
      {!shown && <WhatGoes />}
      {!shown && <ConfirmForm userId={userId} isBusy={erase.isPending} onConfirm={() => erase.mutate(userId)} />}
      {erase.isError && <Problem error={erase.error} />}
      {shown && <ErasureProgress key={shown.id} operation={shown} />}
      {!shown && <EarlierErasures userId={userId} onShow={setEarlier} />}
    </Stack>
  );
};

const WhatGoes = () => (
  <Alert color="red" title="This cannot be undone">
    <Text size="sm">Erased everywhere, including every copy:</Text>
    <List size="sm">
      <List.Item>memories with their history, and sessions</List.Item>
      <List.Item>
        records of any collection, and files, whose metadata has this <code>user_id</code>
      </List.Item>
      <List.Item>the content of events about the person</List.Item>
    </List>
  </Alert>
);

interface ConfirmFormProps {
  readonly userId: string;
  readonly isBusy: boolean;
  readonly onConfirm: () => void;
}

const ConfirmForm = ({ userId, isBusy, onConfirm }: ConfirmFormProps) => {
  const [typed, setTyped] = useState('');
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (typed === userId) onConfirm();
  };
  return (
    <form onSubmit={submit} aria-label="Erase this user">
      <Group align="end">
        <TextInput
          label={
            <>
              To confirm, type <bdi>{userId}</bdi>
            </>
          }
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
          autoComplete="off"
        />
        <Button type="submit" color="red" disabled={typed !== userId} loading={isBusy}>
          Erase
        </Button>
      </Group>
    </form>
  );
};

const ErasureProgress = ({ operation }: { readonly operation: Erasure }) => {
  const client = useQueryClient();
  const { data, error, refetch } = useQuery({
    queryKey: ['operations', operation.id],
    queryFn: async ({ signal }) => {
      const now = await api.get('/v1/operations/{id}', { path: { id: operation.id }, signal });
      if (now.state === 'succeeded') await client.invalidateQueries({ queryKey: ['memory'] });
      return now;
    },
    initialData: operation,
    refetchInterval: ({ state }) => (isRunning(state.data) ? POLL_MS : false),
  });
  const receipt = receiptOf(data);
  return (
    <Stack>
      {error && <Problem error={error} onRetry={() => void refetch()} />}
      {data.error && (
        <Alert color="red" title="The erasure failed">
          {data.error.message}
        </Alert>
      )}
      {receipt ? <ErasureReceipt receipt={receipt} operationId={data.id} /> : <Text role="status">Erasing …</Text>}
    </Stack>
  );
};

const isRunning = (operation: Erasure | undefined): boolean =>
  operation === undefined || operation.state === 'pending' || operation.state === 'running';
