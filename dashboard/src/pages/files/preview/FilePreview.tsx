import { useMemo } from 'react';
import { Text } from '@mantine/core';
import type { StoredFile } from '../types';
import { BlobPreview } from './BlobPreview';
import { previewKind } from './preview-kind';
import { TextPreview } from './TextPreview';

/** What is in a file, as far as that can be shown without running any of it. */
export const FilePreview = ({ file }: { readonly file: StoredFile }) => {
  const kind = useMemo(() => previewKind(file.content_type, file.size), [file.content_type, file.size]);
  switch (kind.as) {
    case 'text':
    case 'json':
      return <TextPreview file={file} isJson={kind.as === 'json'} />;
    case 'image':
    case 'audio':
    case 'video':
    case 'pdf':
      return <BlobPreview file={file} as={kind.as} type={kind.type} />;
    case 'none':
      return <Text c="dimmed">{kind.why}</Text>;
  }
};
