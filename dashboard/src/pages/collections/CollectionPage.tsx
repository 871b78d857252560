import { Anchor, Tabs } from '@mantine/core';
import type { ReactNode } from 'react';
import { Link, useNavigate, useParams } from 'react-router';
import { ApiError } from '../../api/problem';
import { Empty } from '../../components/Empty';
import { Loading } from '../../components/Loading';
import { PageHeader } from '../../components/PageHeader';
import { Problem } from '../../components/Problem';
import { MapTab } from './map/MapTab';
import { OverviewTab } from './overview/OverviewTab';
import { RecordsTab } from './records/RecordsTab';
import { SearchTab } from './search/SearchTab';
import { OnceSeen } from './OnceSeen';
import { count } from './words';
import type { Collection } from './types';
import { useCollection } from './use-collections';

const TABS: Readonly<Record<string, { readonly label: string; readonly show: (of: Collection) => ReactNode }>> = {
  schema: { label: 'Schema', show: (collection) => <OverviewTab collection={collection} /> },
  records: { label: 'Records', show: (collection) => <RecordsTab collection={collection} /> },
  search: { label: 'Search', show: (collection) => <SearchTab collection={collection} /> },
  map: { label: 'Map', show: (collection) => <MapTab collection={collection} /> },
};

/** One collection. */
export function CollectionPage() {
  const { collection: name = '', tab = 'schema' } = useParams();
  const { data, error, isPending, refetch } = useCollection(name);
  const description = data && `${count(data.records)} records · ${data.dimension} dimensions · ${data.metric}`;
  const isGone = error instanceof ApiError && error.status === 404;
  return (
    <>
      <Anchor component={Link} to="/collections" size="sm">
        All collections
      </Anchor>
      <PageHeader title={name} description={description} />
      {isPending && <Loading label="Loading the collection" />}
      {isGone && <Empty title="There is no such collection" hint="It may have been dropped." />}
      {error && !isGone && <Problem error={error} onRetry={() => void refetch()} />}
      {data && !isGone && <CollectionTabs key={name} collection={data} tab={tab in TABS ? tab : 'schema'} />}
    </>
  );
}

function CollectionTabs({ collection, tab }: { readonly collection: Collection; readonly tab: string }) {
  const navigate = useNavigate();
  const show = (chosen: string | null): void =>
    void navigate(`/collections/${encodeURIComponent(collection.name)}/${chosen ?? 'schema'}`);
  return (
    // Keeps the input on a tab while another one is shown.
    <Tabs value={tab} onChange={show} keepMounted>
      <Tabs.List aria-label="What to see of the collection" mb="md">
        {Object.entries(TABS).map(([value, { label }]) => (
          <Tabs.Tab key={value} value={value}>
            {label}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      {Object.entries(TABS).map(([value, { show: panel }]) => (
        <Tabs.Panel key={value} value={value}>
          <OnceSeen isSeen={value === tab}>{panel(collection)}</OnceSeen>
        </Tabs.Panel>
      ))}
    </Tabs>
  );
}
