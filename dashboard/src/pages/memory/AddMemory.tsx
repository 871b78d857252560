import { useState, type FormEvent } from 'react';
import {
  Alert,
  Badge,
  Button,
  Group,
  List,
  NumberInput,
  Select,
  Stack,
  Text,
  TextInput,
  Textarea,
} from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { api } from '../../api/client';
import { LongText } from '../../components/LongText';
import { Problem } from '../../components/Problem';
import { instantOf } from './MemoryTimeline';
import type { MemoryScope } from './scope';
import { KINDS, type Memory, type Outcome } from './types';

interface Draft {
  readonly content: string;
  readonly kind: Memory['kind'] | null;
  readonly validFrom: string;
  readonly importance: number;
}

const EMPTY: Draft = { content: '', kind: null, validFrom: '', importance: 0.5 };

/** Says something to the memory, and shows what it made of it. */
export const AddMemory = ({ scope }: { readonly scope: MemoryScope }) => {
  const [draft, setDraft] = useState(EMPTY);
  const client = useQueryClient();
  const add = useMutation({
    mutationFn: ({ content, kind, validFrom, importance }: Draft) =>
      api.post('/v1/memories', {
        body: {
          ...scope,
          content,
          importance,
          kind: kind ?? undefined,
          valid_from: instantOf(validFrom),
          source: 'dashboard',
        },
      }),
    onSuccess: () => {
      setDraft(EMPTY);
      return client.invalidateQueries({ queryKey: ['memory'] });
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (draft.content.trim() !== '' && !add.isPending) add.mutate(draft);
  };
  return (
    <form onSubmit={submit} aria-label="Add a memory">
      <Stack maw={720}>
        <DraftFields draft={draft} onChange={setDraft} />
        {add.isError && <Problem error={add.error} />}
        {add.data && <Outcomes outcomes={add.data.data} />}
        <Group>
          <Button type="submit" loading={add.isPending} disabled={draft.content.trim() === ''}>
            Remember
          </Button>
        </Group>
      </Stack>
    </form>
  );
};

interface DraftFieldsProps {
  readonly draft: Draft;
  readonly onChange: (draft: Draft) => void;
}

const DraftFields = ({ draft, onChange }: DraftFieldsProps) => (
  <>
    <Textarea
      label="Text to remember"
      placeholder="I live in Lisbon."
      value={draft.content}
      onChange={(event) => onChange({ ...draft, content: event.currentTarget.value })}
      autosize
      minRows={3}
      maxRows={12}
      dir="auto"
      required
    />
    <Group align="end">
      <Select
        label="Kind"
        placeholder="Detected"
        data={KINDS.filter((kind) => kind !== 'message')}
        value={draft.kind}
        onChange={(kind) => onChange({ ...draft, kind: kind as Memory['kind'] | null })}
        clearable
      />
      <TextInput
        type="datetime-local"
        label="Valid from (your time)"
        value={draft.validFrom}
        onChange={(event) => onChange({ ...draft, validFrom: event.currentTarget.value })}
      />
      <NumberInput
        label="Importance (0 to 1)"
        value={draft.importance}
        onChange={(value) => onChange({ ...draft, importance: typeof value === 'number' ? value : EMPTY.importance })}
        min={0}
        max={1}
        step={0.1}
      />
    </Group>
  </>
);

const STATUS_TEXTS: Readonly<Record<Outcome['status'], string>> = {
  added: 'It is new.',
  superseding: 'It contradicts older facts, which end where it begins.',
  duplicate: 'This is already known.',
  ignored: 'There is nothing to learn from it.',
};

const Outcomes = ({ outcomes }: { readonly outcomes: readonly Outcome[] }) => (
  <Alert color="green" title="Understood" role="status">
    <List listStyleType="none">
      {outcomes
        .flatMap((outcome) => [outcome, ...(outcome.facts ?? [])])
        .map((outcome, index) => (
          <List.Item key={outcome.id ?? index}>
            <Group gap="xs">
              <Badge variant="light">{outcome.status}</Badge>
              <Text size="sm">{STATUS_TEXTS[outcome.status]}</Text>
            </Group>
            <LongText value={outcome.content} />
          </List.Item>
        ))}
    </List>
  </Alert>
);
