import { Button, Group, Stack, Text, Title, useComputedColorScheme } from '@mantine/core';
import { useMemo, useState } from 'react';
import { count } from '../words';
import { colouring } from './colours';
import { isShown } from './draw';
import { Legend } from './Legend';
import { MapCanvas } from './MapCanvas';
import { PointTable } from './PointTable';
import type { Projection } from './types';

interface Props {
  readonly projection: Projection;
  readonly colourBy: string;
  readonly isTable: boolean;
  readonly onOpen: (id: string) => void;
}

/** A projection as a picture or as a table, and what was selected in it. */
export function ProjectionMap({ projection, colourBy, isTable, onOpen }: Props) {
  const { points } = projection;
  const scheme = useComputedColorScheme('light');
  const [groups, setGroups] = useState<ReadonlySet<number>>(new Set());
  const [selected, setSelected] = useState<ReadonlySet<number>>(new Set());
  const colours = useMemo(() => colouring(points, scheme, colourBy), [points, scheme, colourBy]);
  const shown = points.filter((_, index) => isShown({ groups, colouring: colours }, index));
  const label = `Map of ${count(points.length)} records${colourBy === '' ? '' : `, coloured by ${colourBy}`}. The table shows the same.`;
  return (
    <Stack gap="sm">
      {colourBy !== '' && <Legend colouring={colours} groups={groups} onChange={setGroups} />}
      {isTable ? (
        <PointTable caption="Points of the map" points={shown} colourBy={colourBy} onOpen={onOpen} />
      ) : (
        <MapCanvas
          points={points}
          colouring={colours}
          groups={groups}
          selected={selected}
          onSelect={setSelected}
          onOpen={onOpen}
          label={label}
        />
      )}
      {!isTable && selected.size > 0 && (
        <section aria-label="Selected records">
          <Group justify="space-between" mb="xs">
            <Title order={3} size="h5">
              Selected records
            </Title>
            <Group gap="xs">
              <Text size="sm" role="status">
                {count(selected.size)} selected
              </Text>
              <Button size="xs" variant="default" onClick={() => setSelected(new Set())}>
                Clear the selection
              </Button>
            </Group>
          </Group>
          <PointTable
            caption="Selected records"
            points={points.filter((_, index) => selected.has(index))}
            colourBy={colourBy}
            onOpen={onOpen}
          />
        </section>
      )}
    </Stack>
  );
}
