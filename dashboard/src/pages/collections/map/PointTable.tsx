import { Button, Group, Text } from '@mantine/core';
import { useState } from 'react';
import { DataTable, type Column } from '../../../components/DataTable';
import { count } from '../words';
import type { MapPoint } from './types';

interface Props {
  readonly caption: string;
  readonly points: readonly MapPoint[];
  /** The field that colours the map; empty: none. */
  readonly colourBy: string;
  readonly onOpen: (id: string) => void;
}

const PAGE = 25;

/** Points as rows: where each lies, and its value. */
export function PointTable({ caption, points, colourBy, onOpen }: Props) {
  const [page, setPage] = useState(0);
  const pages = Math.max(1, Math.ceil(points.length / PAGE));
  const at = Math.min(page, pages - 1);
  const columns: Column<MapPoint>[] = [
    { key: 'id', header: 'Id', render: ({ id }) => <bdi className="wrap-anywhere record-id">{id}</bdi> },
    ...(colourBy === '' ? [] : [{ key: 'value', header: <bdi>{colourBy}</bdi>, render: valueOf }]),
    { key: 'x', header: 'x', align: 'end', render: ({ x }) => x.toFixed(4) },
    { key: 'y', header: 'y', align: 'end', render: ({ y }) => y.toFixed(4) },
  ];
  return (
    <>
      <DataTable
        caption={caption}
        columns={columns}
        rows={points.slice(at * PAGE, (at + 1) * PAGE)}
        rowKey={({ id }) => id}
        onRowClick={({ id }) => onOpen(id)}
      />
      {pages > 1 && (
        <Group component="nav" aria-label={`Pages of: ${caption}`} gap="sm" mt="xs">
          <Button size="xs" variant="default" disabled={at === 0} onClick={() => setPage(at - 1)}>
            Previous points
          </Button>
          <Text size="sm">
            {count(at * PAGE + 1)} to {count(Math.min(points.length, (at + 1) * PAGE))} of {count(points.length)}
          </Text>
          <Button size="xs" variant="default" disabled={at === pages - 1} onClick={() => setPage(at + 1)}>
            Next points
          </Button>
        </Group>
      )}
    </>
  );
}

const valueOf = ({ value }: MapPoint) =>
  value === null || value === undefined ? '–' : <bdi className="wrap-anywhere">{String(value)}</bdi>;
