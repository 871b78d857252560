import { Drawer } from '@mantine/core';
import { Empty } from '../../../components/Empty';
import { Loading } from '../../../components/Loading';
import { Problem } from '../../../components/Problem';
import { ApiError } from '../../../api/problem';
import type { Collection } from '../types';
import { RecordView } from './RecordView';
import { useRecord } from './use-records';

interface Props {
  readonly collection: Collection;
  /** `undefined`: it is closed. */
  readonly id: string | undefined;
  readonly onClose: () => void;
}

/** A record beside the list it was opened from. */
export function RecordDrawer({ collection, id, onClose }: Props) {
  return (
    <Drawer
      opened={id !== undefined}
      onClose={onClose}
      position="right"
      size="lg"
      title={
        <>
          Record <bdi className="wrap-anywhere">{id}</bdi>
        </>
      }
    >
      {id !== undefined && <OpenRecord key={id} collection={collection} id={id} onClose={onClose} />}
    </Drawer>
  );
}

function OpenRecord({ collection, id, onClose }: Props & { readonly id: string }) {
  const { data, error, isPending, refetch } = useRecord(collection.name, id);
  if (error instanceof ApiError && error.status === 404) return <Empty title="This record no longer exists" />;
  if (error && !data) return <Problem error={error} onRetry={() => void refetch()} />;
  if (isPending || !data) return <Loading label="Loading the record" />;
  return <RecordView collection={collection} record={data} onGone={onClose} />;
}
