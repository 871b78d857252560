import { Text } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { api } from '../../../api/client';
import { ConfirmButton } from '../../../components/ConfirmButton';
import { DataTable, type Column } from '../../../components/DataTable';
import { LongText } from '../../../components/LongText';
import { StateBadge } from '../../../components/StateBadge';
import { useMay } from '../../../session/use-session';
import { count } from '../format';
import type { Consumer } from '../types';

interface ConsumerTableProps {
  readonly consumers: readonly Consumer[];
  readonly topic: string;
}

const COLUMNS: readonly Column<Consumer>[] = [
  { key: 'name', header: 'Consumer', render: ({ name }) => <bdi className="wrap-anywhere">{name}</bdi> },
  { key: 'kind', header: 'Kind' },
  { key: 'state', header: 'State', render: ({ state }) => <StateBadge state={state} /> },
  { key: 'position', header: 'Done up to', align: 'end', render: ({ position }) => count(position) },
  { key: 'behind', header: 'Behind', align: 'end', render: ({ behind }) => <Text fw={600}>{count(behind)}</Text> },
  {
    key: 'error',
    header: 'Last error',
    render: ({ error }) => (error === null ? '–' : <LongText value={error} max={120} />),
  },
];

export const ConsumerTable = ({ consumers, topic }: ConsumerTableProps) => {
  const mayWrite = useMay('write');
  const actions: Column<Consumer> = {
    key: 'actions',
    header: <span className="visually-hidden">Actions</span>,
    render: (consumer) => <ConsumerAction consumer={consumer} topic={topic} />,
  };
  return (
    <DataTable
      caption="Consumers of the topic"
      columns={mayWrite ? [...COLUMNS, actions] : COLUMNS}
      rows={consumers}
      rowKey={({ kind, name }) => `${kind} ${name}`}
    />
  );
};

const ConsumerAction = ({ consumer, topic }: { readonly consumer: Consumer; readonly topic: string }) => {
  const client = useQueryClient();
  const { kind, name, state } = consumer;
  const change = async (act: () => Promise<unknown>): Promise<void> => {
    await act();
    await client.invalidateQueries({ queryKey: ['events', 'consumers'] });
  };
  if (kind === 'group') {
    return (
      <ConfirmButton
        label="Read all again"
        ariaLabel={`Let the group ${name} read all again`}
        color="blue"
        confirm="Send this group back to the beginning? It gets every event of the topic once more."
        onConfirm={() =>
          change(() =>
            api.post('/v1/topics/{topic}/groups/{group}/seek', { path: { topic, group: name }, body: { offset: 0 } }),
          )
        }
      />
    );
  }
  const act = state === 'paused' ? 'resume' : 'pause';
  return (
    <ConfirmButton
      label={state === 'paused' ? 'Go on' : 'Pause'}
      ariaLabel={`${state === 'paused' ? 'Go on with' : 'Pause'} the webhook ${name}`}
      color="blue"
      confirm={state === 'paused' ? 'Let it go on from where it was?' : 'Hold it? It goes on later from where it was.'}
      onConfirm={() => change(() => api.post(`/v1/webhooks/{name}/${act}`, { path: { name } }))}
    />
  );
};
