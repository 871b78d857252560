import { useState, type FormEvent } from 'react';
import { Alert, Button, Group, JsonInput, Stack, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { api } from '../../api/client';
import { Problem } from '../../components/Problem';

interface Draft {
  readonly type: string;
  readonly key: string;
  readonly subject: string;
  readonly data: string;
}

const FIRST: Draft = { type: 'test.event', key: '', subject: '', data: '{\n  "hello": "world"\n}' };

/** Publishes one event, to see how it is delivered. */
export const PublishEvent = ({ topic }: { readonly topic: string }) => {
  const [draft, setDraft] = useState(FIRST);
  const client = useQueryClient();
  const publish = useMutation({
    mutationFn: (event: Draft) =>
      api.post('/v1/topics/{topic}/events', { path: { topic }, body: { events: [eventOf(event)] } }),
    onSuccess: () => client.invalidateQueries({ queryKey: ['events', 'topic', topic] }),
  });
  const isSendable = draft.type !== '' && isJson(draft.data);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (isSendable && !publish.isPending) publish.mutate(draft);
  };
  const set = (change: Partial<Draft>): void => setDraft({ ...draft, ...change });
  const receipt = publish.data?.data[0];
  return (
    <form onSubmit={submit} aria-label="Publish an event">
      <Stack maw={720}>
        <Group grow align="start">
          <TextInput label="Type" value={draft.type} onChange={(e) => set({ type: e.currentTarget.value })} required />
          <TextInput
            label="Key"
            description="Events of one key keep their order"
            inputWrapperOrder={['label', 'input', 'description', 'error']}
            value={draft.key}
            onChange={(e) => set({ key: e.currentTarget.value })}
          />
          <TextInput label="Subject" value={draft.subject} onChange={(e) => set({ subject: e.currentTarget.value })} />
        </Group>
        <JsonInput
          label="Data, as JSON"
          value={draft.data}
          onChange={(data) => set({ data })}
          validationError="This is not valid JSON"
          formatOnBlur
          autosize
          minRows={4}
          maxRows={16}
        />
        {publish.isError && <Problem error={publish.error} />}
        {receipt && (
          <Alert color="green" title="Published" role="status">
            It has offset {receipt.offset} and id <bdi>{receipt.id}</bdi>.
          </Alert>
        )}
        <Group>
          <Button type="submit" loading={publish.isPending} disabled={!isSendable}>
            Publish
          </Button>
        </Group>
      </Stack>
    </form>
  );
};

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return text.trim() === '';
  }
};

const eventOf = ({ type, key, subject, data }: Draft) => ({
  type,
  ...(key === '' ? {} : { key }),
  ...(subject === '' ? {} : { subject }),
  ...(data.trim() === '' ? {} : { data: JSON.parse(data) as unknown }),
});
