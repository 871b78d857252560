import { Button, Drawer, Group, Stack, Table } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { LongText } from '../../components/LongText';
import { Problem } from '../../components/Problem';
import { FilePreview } from './preview/FilePreview';
import { bytes, dateTime, nameIn, shownKey } from './format';
import type { StoredFile } from './types';
import { download } from './use-files';

interface FilePanelProps {
  readonly file: StoredFile;
  readonly onClose: () => void;
}

/** A file: what it looks like, and what is known of it. */
export const FilePanel = ({ file, onClose }: FilePanelProps) => {
  const save = useMutation({ mutationFn: () => download(file) });
  return (
    <Drawer
      opened
      onClose={onClose}
      position="right"
      size="xl"
      title={<bdi className="wrap-anywhere">{nameIn(file.key)}</bdi>}
    >
      <Stack>
        <Group>
          <Button
            variant="default"
            leftSection={<IconDownload size={16} aria-hidden />}
            loading={save.isPending}
            onClick={() => save.mutate()}
          >
            Download
          </Button>
        </Group>
        {save.isError && <Problem error={save.error} />}
        <FilePreview key={`${file.key}:${file.version}`} file={file} />
        <FileFacts file={file} />
      </Stack>
    </Drawer>
  );
};

const FileFacts = ({ file }: { readonly file: StoredFile }) => (
  <Table>
    <caption className="visually-hidden">Details of the file</caption>
    <Table.Tbody>
      <Fact name="Key">
        <LongText value={shownKey(file.key)} />
      </Fact>
      <Fact name="Type">
        <LongText value={file.content_type} />
      </Fact>
      <Fact name="Size">
        {bytes(file.size)} ({file.size.toLocaleString('en')} bytes)
      </Fact>
      <Fact name="Stored">
        {bytes(file.stored_size)}, {file.encoding === 'none' ? 'as it is' : file.encoding}, in{' '}
        {file.location ?? 'no store'}
      </Fact>
      <Fact name="SHA-256">
        <code className="wrap-anywhere">{file.sha256}</code>
      </Fact>
      <Fact name="Version">{file.version}</Fact>
      <Fact name="First written">{dateTime(file.created_at)}</Fact>
      <Fact name="Last written">{dateTime(file.updated_at)}</Fact>
      {Object.entries(file.metadata).map(([name, value]) => (
        <Fact key={name} name={name}>
          <LongText value={value} />
        </Fact>
      ))}
    </Table.Tbody>
  </Table>
);

const Fact = ({ name, children }: { readonly name: string; readonly children: ReactNode }) => (
  <Table.Tr>
    <Table.Th scope="row">{name}</Table.Th>
    <Table.Td>{children}</Table.Td>
  </Table.Tr>
);
