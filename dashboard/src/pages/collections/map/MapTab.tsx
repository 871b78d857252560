import { Button, Group, Progress, SegmentedControl, Stack, Text, Title } from '@mantine/core';
import { useState } from 'react';
import { Empty } from '../../../components/Empty';
import { Loading } from '../../../components/Loading';
import { Problem } from '../../../components/Problem';
import { FieldSelect } from '../filter/FieldSelect';
import { useFields } from '../filter/use-fields';
import { RecordDrawer } from '../records/RecordDrawer';
import type { Collection } from '../types';
import { count, share, time } from '../words';
import { ProjectionMap } from './ProjectionMap';
import type { Projection } from './types';
import { useProjection, type ProjectionState } from './use-projection';

interface Props {
  readonly collection: Collection;
}

/** How the vectors of a collection lie to each other, as far as a plane can show it. */
export function MapTab({ collection }: Props) {
  const [colourBy, setColourBy] = useState('');
  const [form, setForm] = useState('picture');
  const [opened, setOpened] = useState<string>();
  const fields = useFields(collection).filter(({ name }) => !name.startsWith('@'));
  const state = useProjection(collection.name, colourBy);
  const { projection, colouredBy, error, isBusy, makeAnew } = state;
  return (
    <Stack gap="sm">
      <Group align="flex-end" gap="sm">
        <FieldSelect
          label="Colour by"
          placeholder="nothing"
          fields={fields.map(({ name }) => name)}
          value={colourBy}
          onChange={setColourBy}
          clearable
          clearButtonProps={{ 'aria-label': 'Colour by nothing' }}
          w={240}
        />
        <SegmentedControl
          aria-label="How to show it"
          data={[
            { value: 'picture', label: 'Picture' },
            { value: 'table', label: 'Table' },
          ]}
          value={form}
          onChange={setForm}
        />
        <Button variant="default" onClick={makeAnew} loading={isBusy}>
          Compute it again
        </Button>
      </Group>
      {error !== undefined && <Problem error={error} onRetry={makeAnew} />}
      {isBusy && !projection && <Making state={state} />}
      {projection?.points.length === 0 && <Empty title="There are no records to show" />}
      {projection && projection.points.length > 0 && (
        <>
          <About projection={projection} />
          <ProjectionMap
            key={`${projection.made_at} ${colouredBy}`}
            projection={projection}
            colourBy={colouredBy}
            isTable={form === 'table'}
            onOpen={setOpened}
          />
        </>
      )}
      <RecordDrawer collection={collection} id={opened} onClose={() => setOpened(undefined)} />
    </Stack>
  );
}

function Making({ state: { operation } }: { readonly state: ProjectionState }) {
  const { done, total } = (operation?.progress ?? {}) as { done?: number; total?: number };
  return (
    <>
      <Loading label="The map is being computed" />
      {done !== undefined && total !== undefined && total > 0 && (
        <Progress value={(100 * done) / total} aria-label="Vectors read" />
      )}
    </>
  );
}

function About({ projection }: { readonly projection: Projection }) {
  const { points, records, explained, made_at } = projection;
  const sample =
    points.length < records ? `a sample of ${count(points.length)} of ${count(records)}` : `all ${count(records)}`;
  const [x = 0, y = 0] = explained;
  return (
    <>
      <Title order={2} size="h4">
        Map of the vectors
      </Title>
      <Text size="sm" c="dimmed">
        It shows {sample} records by their two principal components, which hold {share(x + y, 1)} of all variance. Made{' '}
        {time(made_at)}.
      </Text>
    </>
  );
}
