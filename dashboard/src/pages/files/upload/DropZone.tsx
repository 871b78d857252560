import { useEffect, useRef, useState, type DragEvent, type ReactNode } from 'react';
import { Box, Button, FileButton, Group, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconUpload } from '@tabler/icons-react';
import { useSession } from '../../../session/use-session';
import classes from './DropZone.module.css';
import { MAX_UPLOADS, uploads } from './upload-queue';

interface DropZoneProps {
  readonly bucket: string;
  /** Where in the bucket they go: empty, or with a slash at its end. */
  readonly folder: string;
  readonly children: ReactNode;
}

/** Takes files that are dropped on it, or chosen with its button. */
export const DropZone = ({ bucket, folder, children }: DropZoneProps) => {
  const [isOver, setOver] = useState(false);
  // Without it the browser ignores a second choice of the same file.
  const reset = useRef<() => void>(null);
  const project = useSession()?.project ?? '';
  const take = (files: readonly File[]): void => {
    const left = uploads.add(
      files.map((file) => ({ file, target: { project, bucket, key: `${folder}${file.name}` } })),
    );
    if (left > 0) {
      notifications.show({ color: 'red', message: `${left} files were not added: ${MAX_UPLOADS} may be in the list.` });
    }
  };
  useKeptPage();
  const drop = (event: DragEvent): void => {
    event.preventDefault();
    setOver(false);
    const { files, folders } = filesIn(event.dataTransfer);
    if (folders > 0) notifications.show({ color: 'orange', message: 'Folders are ignored: drop the files in them.' });
    take(files);
  };
  return (
    <Box
      className={classes.zone}
      data-over={isOver}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      <Group mb="sm">
        <FileButton
          onChange={(files) => {
            take(files);
            reset.current?.();
          }}
          resetRef={reset}
          multiple
        >
          {(props) => (
            <Button {...props} leftSection={<IconUpload size={16} aria-hidden />}>
              Upload files
            </Button>
          )}
        </FileButton>
        <Text size="sm" c="dimmed">
          or drop them here
        </Text>
      </Group>
      {children}
    </Box>
  );
};

/** A file that misses the zone would be opened by the browser, in the place of the dashboard. */
const useKeptPage = (): void =>
  useEffect(() => {
    const keep = (event: Event): void => event.preventDefault();
    window.addEventListener('dragover', keep);
    window.addEventListener('drop', keep);
    return () => {
      window.removeEventListener('dragover', keep);
      window.removeEventListener('drop', keep);
    };
  }, []);

/** Folders cannot be read as files: they are counted. */
const filesIn = ({ items }: DataTransfer): { readonly files: readonly File[]; readonly folders: number } => {
  const dropped = [...items].filter(({ kind }) => kind === 'file');
  const isFolder = (item: DataTransferItem): boolean => item.webkitGetAsEntry()?.isDirectory === true;
  const files = dropped.filter((item) => !isFolder(item)).map((item) => item.getAsFile());
  return { files: files.filter((file) => file !== null), folders: dropped.length - files.length };
};
