import { Stack } from '@mantine/core';
import { useSearchParams } from 'react-router';
import { BucketList } from './BucketList';
import { BucketView } from './BucketView';
import { UploadList } from './upload/UploadList';

/** Buckets, and the files in them. Where one is stands in the address. */
export const PageFiles = () => {
  const [params, setParams] = useSearchParams();
  const bucket = params.get('bucket');
  const prefix = params.get('prefix') ?? '';
  const go = (nextBucket: string | undefined, nextPrefix = ''): void => {
    const next = new URLSearchParams();
    if (nextBucket !== undefined) next.set('bucket', nextBucket);
    if (nextPrefix !== '') next.set('prefix', nextPrefix);
    setParams(next);
  };
  return (
    <Stack gap="lg">
      {bucket === null ? (
        <BucketList onOpen={(name) => go(name)} />
      ) : (
        <BucketView key={bucket} bucket={bucket} prefix={prefix} onGo={go} />
      )}
      <UploadList />
    </Stack>
  );
};
