import { Text } from '@mantine/core';
import { useNavigate } from 'react-router';
import { DataTable, type Column } from '../../components/DataTable';
import { Empty } from '../../components/Empty';
import { Loading } from '../../components/Loading';
import { PageHeader } from '../../components/PageHeader';
import { Problem } from '../../components/Problem';
import { StateBadge } from '../../components/StateBadge';
import { useMay } from '../../session/use-session';
import { NewCollection } from './NewCollection';
import { Pager } from './Pager';
import { count, indexedShare } from './words';
import type { Collection, Consistency } from './types';
import { useCollections, useCopies } from './use-collections';
import { usePages } from './use-pages';

/** All collections of the project, a page at a time. */
export function CollectionList() {
  const pages = usePages();
  const navigate = useNavigate();
  const mayWrite = useMay('write');
  const { data, error, isPending, refetch } = useCollections(pages.after);
  const copies = useCopies(pages.after);
  const byName = new Map((copies.data?.data ?? []).map((copy) => [copy.collection, copy]));
  const columns = columnsWith(byName, copies.data?.follower ?? null);
  return (
    <>
      <PageHeader
        title="Collections"
        description="Named sets of records, each with one dimension, one metric and at most one embedding model."
        actions={
          mayWrite && <NewCollection onMade={(name) => void navigate(`/collections/${encodeURIComponent(name)}`)} />
        }
      />
      {error && <Problem error={error} onRetry={() => void refetch()} />}
      {isPending && <Loading label="Loading the collections" />}
      {data?.data.length === 0 && (
        <Empty title="No collections yet" hint="Create one here, or store records through the API." />
      )}
      {data && data.data.length > 0 && (
        <DataTable
          caption="Collections of the project"
          columns={columns}
          rows={data.data}
          rowKey={({ name }) => name}
          onRowClick={({ name }) => void navigate(`/collections/${encodeURIComponent(name)}`)}
        />
      )}
      <Pager pages={pages} nextCursor={data?.next_cursor} of="collections" />
    </>
  );
}

const columnsWith = (copies: ReadonlyMap<string, Consistency>, follower: string | null): Column<Collection>[] => [
  { key: 'name', header: 'Name', render: ({ name }) => <Text fw={600}>{name}</Text> },
  { key: 'records', header: 'Records', align: 'end', render: ({ records }) => count(records) },
  {
    key: 'indexed',
    header: 'In the index',
    align: 'end',
    render: ({ indexed, records }) => indexedShare(indexed, records),
  },
  { key: 'dimension', header: 'Dimensions', align: 'end', render: ({ dimension }) => count(dimension) },
  { key: 'metric', header: 'Metric' },
  { key: 'embedding_model', header: 'Embedding model' },
  ...(follower === null ? [] : copyColumns(copies)),
];

const copyColumns = (copies: ReadonlyMap<string, Consistency>): Column<Collection>[] => [
  {
    key: 'copy',
    header: 'Copy at Qdrant',
    render: ({ name }) => <StateBadge state={copies.get(name)?.state ?? 'unknown'} />,
  },
  {
    key: 'lag',
    header: 'Lag',
    align: 'end',
    render: ({ name }) => lagOf(copies.get(name)),
  },
];

const lagOf = (copy: Consistency | undefined): string =>
  copy ? `${count(copy.lag.records)} records, ${copy.lag.seconds.toFixed(1)} s` : '–';
