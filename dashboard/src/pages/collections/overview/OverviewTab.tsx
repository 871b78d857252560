import { Card, Group, SimpleGrid, Stack, Text, Title } from '@mantine/core';
import { useNavigate } from 'react-router';
import { api } from '../../../api/client';
import { ConfirmButton } from '../../../components/ConfirmButton';
import { useMay } from '../../../session/use-session';
import type { Collection } from '../types';
import { bytes, count, share, time } from '../words';
import { CopyCard } from './CopyCard';
import { Facts } from './Facts';
import { IndexesCard } from './IndexesCard';

interface Props {
  readonly collection: Collection;
}

/** What a collection is, how large, and how far its copy is. */
export function OverviewTab({ collection }: Props) {
  const mayWrite = useMay('write');
  return (
    <Stack gap="md">
      <SimpleGrid cols={{ base: 1, md: 2 }}>
        <Card withBorder>
          <Title order={2} size="h4" mb="sm">
            Schema
          </Title>
          <Facts facts={schemaOf(collection)} />
        </Card>
        <Card withBorder>
          <Title order={2} size="h4" mb="sm">
            Size
          </Title>
          <Facts facts={sizeOf(collection)} />
        </Card>
        <IndexesCard collection={collection} />
        <CopyCard collection={collection.name} />
      </SimpleGrid>
      {mayWrite && <DropCollection name={collection.name} records={collection.records} />}
    </Stack>
  );
}

function DropCollection({ name, records }: { readonly name: string; readonly records: number }) {
  const navigate = useNavigate();
  return (
    <Group justify="flex-end">
      <ConfirmButton
        label="Drop the collection"
        confirm={
          <Text>
            All of its {count(records)} records will be deleted, here and in every copy. This cannot be undone.
          </Text>
        }
        typed={name}
        onConfirm={async () => {
          await api.delete('/v1/collections/{collection}', { path: { collection: name } });
          await navigate('/collections');
        }}
      />
    </Group>
  );
}

const schemaOf = (collection: Collection): readonly (readonly [string, string])[] => [
  ['Dimensions', count(collection.dimension)],
  ['Metric', collection.metric],
  ['Embedding model', collection.embedding_model ?? 'none: clients send vectors'],
  ['Its revision', collection.embedding_revision ?? '–'],
  ['Vector index', indexWords(collection.vector_index)],
  ['Compression', compressionWords(collection.compression)],
  ['Language of the texts', collection.text.language === 'auto' ? 'detected' : collection.text.language],
  ['Made', time(collection.created_at)],
  ['Changed', time(collection.updated_at)],
];

const FLOAT_BYTES = 4;

const compressionWords = ({ scheme, target_recall: recall }: Collection['compression']): string =>
  scheme === 'none' ? scheme : `${scheme}, recall at least ${recall}`;

const sizeOf = ({ records, indexed, dimension }: Collection): readonly (readonly [string, string])[] => [
  ['Records', count(records)],
  ['In the vector index', indexedWords(indexed, records)],
  ['Numbers of the vectors', bytes(records * dimension * FLOAT_BYTES)],
];

const indexedWords = (indexed: number, records: number): string => {
  if (indexed === 0 && records > 0) return 'none yet: each search compares all records exactly';
  const rest = indexed < records ? '; the rest is found by exact scan' : '';
  return `${count(indexed)} (${share(indexed, records)})${rest}`;
};

const indexWords = ({ type, ...options }: Collection['vector_index']): string => {
  const words = Object.entries(options).map(([name, value]) => `${name} ${value}`);
  return words.length === 0 ? type : `${type} (${words.join(', ')})`;
};
