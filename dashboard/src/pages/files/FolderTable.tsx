import { Button, Group, Stack, Table, Text, UnstyledButton } from '@mantine/core';
import { IconFile, IconFolder } from '@tabler/icons-react';
import { ConfirmButton } from '../../components/ConfirmButton';
import { Empty } from '../../components/Empty';
import { Loading } from '../../components/Loading';
import { LongText } from '../../components/LongText';
import { Problem } from '../../components/Problem';
import { useMay } from '../../session/use-session';
import { bytes, dateTime, nameIn, shownKey } from './format';
import type { StoredFile } from './types';
import classes from './FolderTable.module.css';
import { useFileChanges, useFolder } from './use-files';

interface FolderTableProps {
  readonly bucket: string;
  readonly prefix: string;
  readonly onFolder: (prefix: string) => void;
  readonly onFile: (file: StoredFile) => void;
}

/** The folders and files of one level. */
export const FolderTable = ({ bucket, prefix, onFolder, onFile }: FolderTableProps) => {
  const query = useFolder(bucket, prefix);
  const folders = query.data?.pages.flatMap((page) => page.folders) ?? [];
  const files = query.data?.pages.flatMap((page) => page.data) ?? [];
  const isEmpty = query.isSuccess && folders.length + files.length === 0;
  return (
    <Stack>
      {query.error && <Problem error={query.error} onRetry={() => void query.refetch()} />}
      {query.isPending && <Loading label="Reading files" />}
      {isEmpty && <Empty title="No files here" hint="Drop some, or choose them with the button." />}
      {folders.length + files.length > 0 && (
        <div className="table-scroll" role="region" aria-label="Folders and files" tabIndex={0}>
          <Table highlightOnHover verticalSpacing="xs">
            <caption className="visually-hidden">Folders and files</caption>
            <TableHead />
            <Table.Tbody>
              {folders.map((folder) => (
                <FolderRow key={folder} folder={folder} onOpen={() => onFolder(folder)} />
              ))}
              {files.map((file) => (
                <FileRow key={file.key} file={file} onOpen={() => onFile(file)} />
              ))}
            </Table.Tbody>
          </Table>
        </div>
      )}
      {query.hasNextPage && (
        <Button variant="default" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
          Show more
        </Button>
      )}
    </Stack>
  );
};

const MAX_NAME = 200;
/** A name may have a thousand characters; all of it stands beside the preview. */
const short = (name: string): string => (name.length <= MAX_NAME ? name : `${name.slice(0, MAX_NAME)}…`);

const TableHead = () => (
  <Table.Thead>
    <Table.Tr>
      <Table.Th scope="col" miw="11rem">
        Name
      </Table.Th>
      <Table.Th scope="col" ta="end">
        Size
      </Table.Th>
      <Table.Th scope="col">Type</Table.Th>
      <Table.Th scope="col">Lies in</Table.Th>
      <Table.Th scope="col">Written</Table.Th>
      <Table.Th scope="col">
        <span className="visually-hidden">Actions</span>
      </Table.Th>
    </Table.Tr>
  </Table.Thead>
);

const FolderRow = ({ folder, onOpen }: { readonly folder: string; readonly onOpen: () => void }) => (
  <Table.Tr>
    <Table.Td colSpan={6}>
      <UnstyledButton className="row-button" fz="sm" onClick={onOpen}>
        <Group gap="xs" wrap="nowrap">
          <IconFolder size={18} aria-label="Folder" className={classes.icon} />
          <bdi className="wrap-anywhere">{short(nameIn(folder))}/</bdi>
        </Group>
      </UnstyledButton>
    </Table.Td>
  </Table.Tr>
);

const FileRow = ({ file, onOpen }: { readonly file: StoredFile; readonly onOpen: () => void }) => {
  const { deleteFile } = useFileChanges();
  const mayWrite = useMay('write');
  const name = nameIn(file.key);
  return (
    <Table.Tr>
      <Table.Td>
        <UnstyledButton className="row-button" fz="sm" onClick={onOpen}>
          <Group gap="xs" wrap="nowrap">
            <IconFile size={18} aria-label="File" className={classes.icon} />
            <bdi className="wrap-anywhere">{short(name)}</bdi>
          </Group>
        </UnstyledButton>
      </Table.Td>
      <Table.Td ta="end">{bytes(file.size)}</Table.Td>
      <Table.Td>
        <LongText value={file.content_type} max={60} />
      </Table.Td>
      <Table.Td>
        <Text size="sm">{file.location ?? 'nowhere'}</Text>
      </Table.Td>
      <Table.Td>{dateTime(file.updated_at)}</Table.Td>
      <Table.Td>
        {mayWrite && (
          <ConfirmButton
            label="Delete"
            ariaLabel={`Delete ${name}`}
            confirm={
              <>
                Delete <bdi>{shownKey(file.key)}</bdi>? This cannot be undone.
              </>
            }
            onConfirm={() => deleteFile(file)}
          />
        )}
      </Table.Td>
    </Table.Tr>
  );
};
