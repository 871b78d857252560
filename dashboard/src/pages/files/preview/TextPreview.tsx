import { Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { api } from '../../../api/client';
import { JsonView } from '../../../components/JsonView';
import { Loading } from '../../../components/Loading';
import { Problem } from '../../../components/Problem';
import { bytes } from '../format';
import type { StoredFile } from '../types';
import { MAX_TEXT_BYTES } from './preview-kind';

interface TextPreviewProps {
  readonly file: StoredFile;
  readonly isJson: boolean;
}

/** The beginning of a text, whatever it is the source of: HTML and SVG are shown, never run. */
export const TextPreview = ({ file, isJson }: TextPreviewProps) => {
  const { data, error, isPending, refetch } = useQuery({
    queryKey: ['files', 'text', file.bucket, file.key, file.version],
    queryFn: ({ signal }) => textOf(file, signal),
  });
  if (isPending) return <Loading label="Reading the file" />;
  if (error) return <Problem error={error} onRetry={() => void refetch()} />;
  if (isJson) return <JsonView text={data} label="Content" max={MAX_TEXT_BYTES} />;
  return (
    <Stack gap="xs">
      <pre className="json" tabIndex={0} role="region" aria-label="Content" dir="auto">
        {data}
      </pre>
      {file.size > MAX_TEXT_BYTES && (
        <Text size="sm" c="dimmed">
          The first {bytes(MAX_TEXT_BYTES)} of {bytes(file.size)}.
        </Text>
      )}
    </Stack>
  );
};

const textOf = async ({ bucket, key, size }: StoredFile, signal: AbortSignal): Promise<string> => {
  if (size === 0) return '';
  const headers = { range: `bytes=0-${MAX_TEXT_BYTES - 1}` };
  const response = await api.stream('/v1/files/{bucket}/{key}', { path: { bucket, key }, headers, signal });
  return new TextDecoder().decode(await response.arrayBuffer());
};
