import { useState, type FormEvent } from 'react';
import { Button, Group, Select, TextInput } from '@mantine/core';
import type { Start, TailRequest } from './use-tail';

interface TailFormProps {
  readonly request: TailRequest;
  readonly onChange: (request: TailRequest) => void;
}

const STARTS: { value: Start; label: string }[] = [
  { value: 'recent', label: 'The latest' },
  { value: 'now', label: 'Now' },
  { value: 'beginning', label: 'The beginning' },
];

/** What of the topic is wanted; asked for when it is sent, not while it is typed. */
export const TailForm = ({ request, onChange }: TailFormProps) => {
  const [types, setTypes] = useState(request.types);
  const [filter, setFilter] = useState(request.filter);
  const [start, setStart] = useState(request.start);
  const fault = filterFault(filter);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (fault === undefined) onChange({ types: types.replaceAll(/\s/g, ''), filter: filter.trim(), start });
  };
  return (
    <form onSubmit={submit} role="search" aria-label="Which events">
      <Group align="start">
        <TextInput
          label="Types"
          placeholder="order.*, payment.failed"
          value={types}
          onChange={(event) => setTypes(event.currentTarget.value)}
          maxLength={2000}
        />
        <TextInput
          label="Filter on the event, as JSON"
          placeholder='{"data.total": {"$gt": 100}}'
          value={filter}
          onChange={(event) => setFilter(event.currentTarget.value)}
          error={fault}
          maxLength={8000}
          flex="1 1 18rem"
        />
        <Select
          label="Begin with"
          data={STARTS}
          value={start}
          onChange={(next) => setStart(STARTS.find(({ value }) => value === next)?.value ?? 'recent')}
          allowDeselect={false}
        />
        <Button type="submit" mt={24}>
          Follow
        </Button>
      </Group>
    </form>
  );
};

const filterFault = (filter: string): string | undefined => {
  if (filter.trim() === '') return undefined;
  try {
    const parsed: unknown = JSON.parse(filter);
    return typeof parsed === 'object' && parsed !== null ? undefined : 'A filter must be an object';
  } catch {
    return 'This is not valid JSON';
  }
};
