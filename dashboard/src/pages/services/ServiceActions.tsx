import { Group, Text, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../../api/client';
import type { Operation } from '../../api/types';
import { ConfirmButton } from '../../components/ConfirmButton';
import { SERVICE_TITLES, type Service } from '../../services/service';
import { useMay } from '../../session/use-session';

interface Props {
  readonly service: Service;
  /** A rebuild has begun. */
  readonly onRebuild: (operation: Operation) => void;
}

/** What may be done with the service as it stands. Postgres is the record: nothing of this is for it. */
export function ServiceActions({ service: { name, state, can_rebuild }, onRebuild }: Props) {
  const mayOperate = useMay('root');
  const client = useQueryClient();
  const [reason, setReason] = useState('');
  const title = SERVICE_TITLES[name];
  if (name === 'postgres') return null;
  if (!mayOperate) {
    return (
      <Text size="sm" c="dimmed">
        Only the root key may drain it.
      </Text>
    );
  }
  const act = async (action: () => Promise<unknown>) => {
    await action();
    await client.invalidateQueries({ queryKey: ['services'] });
  };
  const rebuild = async () => {
    onRebuild(await api.post('/v1/services/{service}/rebuild', { path: { service: name } }));
    await client.invalidateQueries({ queryKey: ['operations'] });
  };
  const drainQuestion = (
    <>
      No request goes to {title} in any replica, across restarts, until it is restored. Other services replace it.
      <TextInput
        mt="sm"
        label="Reason"
        description="Shown in the history"
        maxLength={500}
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
      />
    </>
  );
  return (
    <Group gap="xs" justify="flex-end">
      {state === 'drained' ? (
        <ConfirmButton
          label="Restore"
          ariaLabel={`Restore ${title}`}
          color="green"
          confirm={`${title} is probed, brought level with the record and compared, and then serves again.`}
          onConfirm={() => act(() => api.post('/v1/services/{service}/restore', { path: { service: name } }))}
        />
      ) : (
        <ConfirmButton
          label="Drain"
          ariaLabel={`Drain ${title}`}
          color="orange"
          confirm={drainQuestion}
          onConfirm={() =>
            act(() =>
              api.post('/v1/services/{service}/drain', {
                path: { service: name },
                body: reason.trim() === '' ? {} : { reason: reason.trim() },
              }),
            )
          }
        />
      )}
      {can_rebuild && (
        <ConfirmButton
          label="Rebuild"
          ariaLabel={`Rebuild ${title}`}
          color="blue"
          confirm={`A new copy of everything is built in ${title} from the record, beside the one that serves.`}
          onConfirm={rebuild}
        />
      )}
    </Group>
  );
}
