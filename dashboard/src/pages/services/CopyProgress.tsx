import { Progress } from '@mantine/core';
import { DataTable } from '../../components/DataTable';
import { LongText } from '../../components/LongText';
import { StateBadge } from '../../components/StateBadge';
import { When } from '../../components/When';
import { useConsistency, type CollectionConsistency } from '../../services/use-consistency';

/** The copies of this project's collections, one line each: what they lack, and how far a new one is. */
export function CopyProgress() {
  const { data } = useConsistency();
  if (!data || data.follower === null || data.data.length === 0) return null;
  return (
    <DataTable
      caption="Copies of the collections"
      rows={data.data}
      rowKey={({ collection }) => collection}
      columns={[
        { key: 'collection', header: 'Collection', render: ({ collection }) => <LongText value={collection} /> },
        { key: 'state', header: 'Copy', render: ({ state }) => <StateBadge state={state} /> },
        { key: 'records', header: 'Records', align: 'end', render: ({ records }) => records.toLocaleString('en') },
        { key: 'lag', header: 'Lag', align: 'end', render: ({ lag }) => lag.records.toLocaleString('en') },
        { key: 'build', header: 'New copy', render: buildOf },
        {
          key: 'last_proof',
          header: 'Proved equal',
          render: ({ last_proof }) => (last_proof ? <When at={last_proof} /> : '–'),
        },
      ]}
    />
  );
}

function buildOf({ collection, build }: CollectionConsistency) {
  if (!build) return '–';
  const { copied, total } = build;
  if (total === null || total === 0) return `${copied.toLocaleString('en')} copied`;
  return (
    <>
      {copied.toLocaleString('en')} of {total.toLocaleString('en')}
      <Progress value={(100 * copied) / total} aria-label={`New copy of ${collection}`} />
    </>
  );
}
