import { useEffect, useSyncExternalStore } from 'react';
import { useQueryClient } from '@tanstack/react-query';
import { uploads, type Upload } from './upload-queue';

export const useUploads = (): readonly Upload[] => useSyncExternalStore(uploads.subscribe, uploads.list);

/** Reads the lists of files again when one has been stored. */
export const useFreshFiles = (): void => {
  const client = useQueryClient();
  useEffect(() => uploads.onStored(() => void client.invalidateQueries({ queryKey: ['files'] })), [client]);
};
