import { Badge, Box, Button, Group, Paper, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import type { ReactNode } from 'react';
import { ConfirmButton } from '../../components/ConfirmButton';
import { LongText } from '../../components/LongText';
import { useMay } from '../../session/use-session';
import { MemoryHistory } from './MemoryHistory';
import { standingOf, validity } from './standing';
import type { Memory } from './types';
import { useMemoryChanges } from './use-memories';

interface MemoryCardProps {
  readonly memory: Memory;
  readonly children?: ReactNode;
}

/** One memory: what it says, when it holds, and what can be done about it. */
export const MemoryCard = ({ memory, children }: MemoryCardProps) => {
  const standing = standingOf(memory, Date.now());
  return (
    <Paper component="li" withBorder p="sm" data-standing={standing.name} display="block">
      <Stack gap={6}>
        <Group justify="space-between" wrap="nowrap" align="flex-start">
          <Box
            c={standing.isOver ? 'dimmed' : undefined}
            td={standing.name === 'superseded' ? 'line-through' : undefined}
          >
            <LongText value={memory.content} />
          </Box>
          <Badge color={standing.color} variant="light" flex="none">
            {standing.name}
          </Badge>
        </Group>
        <Group gap="xs">
          <Badge variant="default">{memory.role ? `${memory.kind}: ${memory.role}` : memory.kind}</Badge>
          <Text size="sm" c="dimmed">
            {validity(memory)}
          </Text>
          {memory.superseded_by !== null && (
            <Text size="sm" c="dimmed">
              superseded by <bdi>{memory.superseded_by}</bdi>
            </Text>
          )}
          {!memory.embedded && <Badge variant="outline">being embedded</Badge>}
        </Group>
        {children}
        <MemoryActions memory={memory} />
      </Stack>
    </Paper>
  );
};

const MemoryActions = ({ memory: { id } }: { readonly memory: Memory }) => {
  const [isOpen, { open, close }] = useDisclosure(false);
  const { undo, forget } = useMemoryChanges();
  const mayWrite = useMay('write');
  return (
    <Group gap="xs">
      <Button size="xs" variant="default" onClick={open}>
        History
      </Button>
      {mayWrite && (
        <>
          <ConfirmButton
            label="Undo last change"
            color="blue"
            confirm="Undo the last change of this memory? A correction returns to the previous version; an addition is withdrawn, and the fact it superseded is valid again."
            onConfirm={() => undo(id)}
          />
          <ConfirmButton
            label="Forget"
            color="red"
            confirm="Forget this memory everywhere, with the facts learned from it? This cannot be undone."
            onConfirm={() => forget(id)}
          />
        </>
      )}
      {isOpen && <MemoryHistory id={id} onClose={close} />}
    </Group>
  );
};
