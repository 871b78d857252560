import { Badge, Button, Group, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconPlus } from '@tabler/icons-react';
import { DataTable, type Column } from '../../components/DataTable';
import { Empty } from '../../components/Empty';
import { Loading } from '../../components/Loading';
import { PageHeader } from '../../components/PageHeader';
import { Problem } from '../../components/Problem';
import { useMay } from '../../session/use-session';
import { CreateBucket } from './CreateBucket';
import { bytes, dateTime } from './format';
import type { Bucket } from './types';
import { useBuckets } from './use-files';

const COLUMNS: readonly Column<Bucket>[] = [
  { key: 'name', header: 'Bucket', render: ({ name }) => <bdi>{name}</bdi> },
  { key: 'access', header: 'Access', render: ({ access }) => <Badge variant="light">{access}</Badge> },
  { key: 'settings', header: 'Settings', render: (bucket) => <Text size="sm">{settingsOf(bucket)}</Text> },
  { key: 'updated_at', header: 'Changed', render: ({ updated_at }) => dateTime(updated_at) },
];

/** The buckets of the project. */
export const BucketList = ({ onOpen }: { readonly onOpen: (bucket: string) => void }) => {
  const { data, error, isPending, isSuccess, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useBuckets();
  const [isCreating, { open, close }] = useDisclosure(false);
  const mayWrite = useMay('write');
  const buckets = data?.pages.flatMap((page) => page.data) ?? [];
  const create = mayWrite && (
    <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={open}>
      New bucket
    </Button>
  );
  return (
    <div>
      <PageHeader title="Files" description="Bytes of any size, in buckets." actions={create} />
      {error && <Problem error={error} onRetry={() => void refetch()} />}
      {isPending && <Loading label="Reading buckets" />}
      {isSuccess && buckets.length === 0 && (
        <Empty title="No bucket yet" hint="Files are stored in buckets: create one first." />
      )}
      {buckets.length > 0 && (
        <DataTable
          caption="Buckets"
          columns={COLUMNS}
          rows={buckets}
          rowKey={({ name }) => name}
          onRowClick={({ name }) => onOpen(name)}
        />
      )}
      {hasNextPage && (
        <Group mt="md">
          <Button variant="default" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
            Show more buckets
          </Button>
        </Group>
      )}
      {isCreating && <CreateBucket onClose={close} onMade={onOpen} />}
    </div>
  );
};

const DAY_SECONDS = 86_400;

/** What is special about a bucket, in words. */
export const settingsOf = ({ compression, mirror, lifecycle, max_bytes, allowed_types }: Bucket): string => {
  const { expire_after_seconds: expire, cold_after_seconds: cold } = lifecycle;
  const said = [
    compression === 'zstd' && 'compressed',
    mirror && 'mirrored',
    max_bytes !== null && `files up to ${bytes(max_bytes)}`,
    allowed_types && `only ${allowed_types.join(', ')}`,
    cold !== undefined && `cold after ${(cold / DAY_SECONDS).toFixed(1)} days`,
    expire !== undefined && `deleted after ${(expire / DAY_SECONDS).toFixed(1)} days`,
  ].filter((text) => typeof text === 'string');
  return said.join(', ') || 'plain';
};
