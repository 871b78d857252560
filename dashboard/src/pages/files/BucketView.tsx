import { useState } from 'react';
import { Anchor, Breadcrumbs, Button, Group, Stack, TextInput } from '@mantine/core';
import { ConfirmButton } from '../../components/ConfirmButton';
import { PageHeader } from '../../components/PageHeader';
import { Problem } from '../../components/Problem';
import { useMay } from '../../session/use-session';
import { settingsOf } from './BucketList';
import { FilePanel } from './FilePanel';
import { FolderTable } from './FolderTable';
import { bytes, folderIn, shownKey } from './format';
import type { StoredFile } from './types';
import { DropZone } from './upload/DropZone';
import { useBucket, useFileChanges } from './use-files';

interface BucketViewProps {
  readonly bucket: string;
  readonly prefix: string;
  readonly onGo: (bucket: string | undefined, prefix?: string) => void;
}

/** One bucket: its folders and files, uploading, looking at a file. */
export const BucketView = ({ bucket, prefix, onGo }: BucketViewProps) => {
  const [shown, setShown] = useState<StoredFile>();
  const mayWrite = useMay('write');
  const table = (
    <FolderTable bucket={bucket} prefix={prefix} onFolder={(next) => onGo(bucket, next)} onFile={setShown} />
  );
  return (
    <Stack gap="sm">
      <BucketHeader bucket={bucket} onDeleted={() => onGo(undefined)} />
      <Group justify="space-between" align="end">
        <FolderPath bucket={bucket} prefix={prefix} onGo={onGo} />
        <PrefixForm key={prefix} prefix={prefix} onGo={(next) => onGo(bucket, next)} />
      </Group>
      {mayWrite ? (
        <DropZone bucket={bucket} folder={folderIn(prefix)}>
          {table}
        </DropZone>
      ) : (
        table
      )}
      {shown && <FilePanel file={shown} onClose={() => setShown(undefined)} />}
    </Stack>
  );
};

const BucketHeader = ({ bucket, onDeleted }: { readonly bucket: string; readonly onDeleted: () => void }) => {
  const { data, error, refetch } = useBucket(bucket);
  const { deleteBucket } = useFileChanges();
  const mayWrite = useMay('write');
  const remove = async (): Promise<void> => {
    await deleteBucket(bucket);
    onDeleted();
  };
  const about = data?.usage && `${data.usage.files.toLocaleString('en')} files, ${bytes(data.usage.bytes)}`;
  const stored = data?.usage && `${bytes(data.usage.stored_bytes)} stored`;
  return (
    <div>
      <PageHeader
        title={`Bucket ${bucket}`}
        description={data && [about, stored, data.access, settingsOf(data)].join(' · ')}
        actions={
          mayWrite && (
            <ConfirmButton
              label="Delete bucket"
              confirm="Delete the bucket with all its files and uploads? This cannot be undone."
              typed={bucket}
              onConfirm={remove}
            />
          )
        }
      />
      {error && <Problem error={error} onRetry={() => void refetch()} />}
    </div>
  );
};

const FolderPath = ({ bucket, prefix, onGo }: BucketViewProps) => {
  const steps = folderIn(prefix)
    .split('/')
    .filter((step) => step !== '');
  return (
    <Breadcrumbs component="nav" aria-label="Where this is">
      <Anchor component="button" onClick={() => onGo(undefined)}>
        Buckets
      </Anchor>
      <Anchor component="button" onClick={() => onGo(bucket)}>
        <bdi>{bucket}</bdi>
      </Anchor>
      {steps.map((step, index) => (
        <Anchor
          key={index}
          component="button"
          onClick={() => onGo(bucket, `${steps.slice(0, index + 1).join('/')}/`)}
          maw="16rem"
          truncate
        >
          <bdi>{shownKey(step)}</bdi>
        </Anchor>
      ))}
    </Breadcrumbs>
  );
};

const PrefixForm = ({ prefix, onGo }: { readonly prefix: string; readonly onGo: (prefix: string) => void }) => {
  const [typed, setTyped] = useState(prefix);
  return (
    <form
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        onGo(typed);
      }}
    >
      <Group align="end" gap="xs" wrap="nowrap">
        <TextInput
          label="Keys that begin with"
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
          maxLength={1024}
          dir="auto"
        />
        <Button type="submit" variant="default">
          Go
        </Button>
      </Group>
    </form>
  );
};
