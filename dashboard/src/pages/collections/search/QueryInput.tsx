import { SegmentedControl, Stack, Textarea, TextInput } from '@mantine/core';
import type { SearchForm } from './form';

interface Props {
  readonly form: SearchForm;
  readonly change: (part: Partial<SearchForm>) => void;
  readonly hasModel: boolean;
}

const KINDS = [
  { value: 'text', label: 'Text' },
  { value: 'vector', label: 'Vector' },
  { value: 'id', label: 'Like a record' },
];

/** What to search for. Each kind keeps what was typed for it. */
export function QueryInput({ form, change, hasModel }: Props) {
  const { by } = form;
  return (
    <Stack gap="xs">
      <SegmentedControl
        aria-label="Search by"
        data={KINDS}
        value={by}
        onChange={(kind) => change({ by: kind as SearchForm['by'] })}
        maw={360}
      />
      {by === 'text' && (
        <TextInput
          label="Text to search for"
          description={hasModel ? undefined : 'This collection has no embedding model: texts are searched by keyword.'}
          dir="auto"
          value={form.text}
          onChange={(event) => change({ text: event.currentTarget.value })}
        />
      )}
      {by === 'vector' && (
        <Textarea
          label="Vector"
          description="Numbers in brackets, or apart by commas or spaces."
          autosize
          maxRows={6}
          value={form.vector}
          onChange={(event) => change({ vector: event.currentTarget.value })}
          classNames={{ input: 'monospace' }}
        />
      )}
      {by === 'id' && (
        <TextInput
          label="Id of the record"
          value={form.id}
          onChange={(event) => change({ id: event.currentTarget.value })}
        />
      )}
    </Stack>
  );
}
