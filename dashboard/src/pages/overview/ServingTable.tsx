import { Badge } from '@mantine/core';
import { DataTable } from '../../components/DataTable';
import type { Serving } from '../../services/serving';

interface Props {
  readonly serving: readonly Serving[];
}

const MODES: Readonly<Record<Serving['mode'], readonly [label: string, colour: string]>> = {
  preferred: ['as preferred', 'green'],
  embedded: ['embedded', 'gray'],
  'stand-in': ['stand-in', 'orange'],
  nobody: ['nobody', 'red'],
  unknown: ['unknown', 'gray'],
};

/** Who serves each kind of work now, and what waits for whom. */
export function ServingTable({ serving }: Props) {
  return (
    <DataTable
      caption="Which service answers what"
      rows={serving}
      rowKey={({ capability }) => capability}
      columns={[
        { key: 'capability', header: 'Work' },
        { key: 'servedBy', header: 'Served by' },
        {
          key: 'mode',
          header: 'How',
          render: ({ mode }) => (
            <Badge color={MODES[mode][1]} variant="light" tt="none" radius="sm">
              {MODES[mode][0]}
            </Badge>
          ),
        },
        { key: 'queued', header: 'Queued' },
      ]}
    />
  );
}
