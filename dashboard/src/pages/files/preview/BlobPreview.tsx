import { useEffect, useState } from 'react';
import { Anchor, Image, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { api } from '../../../api/client';
import { Loading } from '../../../components/Loading';
import { Problem } from '../../../components/Problem';
import { nameIn } from '../format';
import type { StoredFile } from '../types';
import classes from './preview.module.css';

interface BlobPreviewProps {
  readonly file: StoredFile;
  readonly as: 'image' | 'audio' | 'video' | 'pdf';
  /** The blob's type: of our closed list, not what a header says. */
  readonly type: string;
}

/** An image, a sound, a film or a PDF, from a blob of this page: the key goes in a header, never in an address. */
export const BlobPreview = ({ file, as, type }: BlobPreviewProps) => {
  const { data, error, isPending, refetch } = useQuery({
    queryKey: ['files', 'blob', file.bucket, file.key, file.version],
    queryFn: ({ signal }) => blobOf(file, type, signal),
    gcTime: 0,
  });
  const url = useObjectUrl(data);
  if (error) return <Problem error={error} onRetry={() => void refetch()} />;
  if (isPending || url === undefined) return <Loading label="Reading the file" />;
  return <Player as={as} url={url} name={nameIn(file.key)} />;
};

const blobOf = async ({ bucket, key }: StoredFile, type: string, signal: AbortSignal): Promise<Blob> => {
  const response = await api.stream('/v1/files/{bucket}/{key}', { path: { bucket, key }, signal });
  return new Blob([await response.arrayBuffer()], { type });
};

const useObjectUrl = (blob: Blob | undefined): string | undefined => {
  const [url, setUrl] = useState<string>();
  useEffect(() => {
    if (!blob) return;
    const made = URL.createObjectURL(blob);
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [blob]);
  return url;
};

interface PlayerProps {
  readonly as: BlobPreviewProps['as'];
  readonly url: string;
  readonly name: string;
}

const Player = ({ as, url, name }: PlayerProps) => {
  const [isBroken, setBroken] = useState(false);
  if (isBroken) return <Text c="dimmed">The browser cannot show it: its content may not match its type.</Text>;
  const onError = (): void => setBroken(true);
  switch (as) {
    case 'image':
      return <Image src={url} alt={`Preview of ${name}`} fit="contain" mah="60vh" onError={onError} />;
    case 'audio':
      return <audio src={url} controls aria-label={name} className={classes.media} onError={onError} />;
    case 'video':
      return <video src={url} controls aria-label={name} className={classes.media} onError={onError} />;
    case 'pdf':
      return (
        <Stack gap="xs">
          <iframe src={url} title={`Preview of ${name}`} className={classes.pdf} />
          <Anchor href={url} target="_blank" rel="noreferrer">
            Open in a new tab
          </Anchor>
        </Stack>
      );
  }
};
