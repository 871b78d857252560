import { Alert, Button, Group, Textarea } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../../../api/client';
import { ApiError } from '../../../api/problem';
import { ActionForm } from '../../../components/ActionForm';
import type { Collection, StoredRecord } from '../types';
import { mergePatchOf, parseMetadata } from './merge-patch';
import { useRefreshRecords } from './use-records';

interface Props {
  readonly collection: Collection;
  /** As it is now: it may be another version than the one that is edited. */
  readonly record: StoredRecord;
  readonly onDone: () => void;
}

/** Changes text and metadata. Never overwrites a concurrent change unnoticed. */
export function EditRecord({ collection, record, onDone }: Props) {
  const [base, setBase] = useState(record);
  const [text, setText] = useState(record.text ?? '');
  const [json, setJson] = useState(() => JSON.stringify(record.metadata ?? {}, null, 2));
  const refresh = useRefreshRecords(collection.name);
  const parsed = parseMetadata(json);
  const save = useMutation({
    mutationFn: async () => {
      if ('fault' in parsed) return;
      const body = changeOf(base, text, mergePatchOf(base.metadata ?? {}, parsed.metadata));
      const headers = { 'if-match': `"${base.version}"` };
      await api.patch('/v1/collections/{collection}/records/{id}', {
        path: { collection: collection.name, id: base.id },
        body,
        headers,
      });
      onDone();
    },
    // Also after a refusal: the newer record is what the person has to see.
    onSettled: () => refresh('everything'),
  });
  const wasOvertaken = save.error instanceof ApiError && save.error.status === 412;
  return (
    <ActionForm
      action={save}
      submit="Save"
      disabled={'fault' in parsed}
      onCancel={onDone}
      fault={wasOvertaken ? <Overtaken by={record} onGoOn={() => setBase(record)} /> : undefined}
    >
      <Textarea
        label="Text"
        description={
          collection.embedding_model ? 'A changed text is embedded again, if its vector came from text.' : ''
        }
        autosize
        minRows={3}
        maxRows={16}
        dir="auto"
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <Textarea
        label="Metadata"
        autosize
        minRows={6}
        maxRows={24}
        value={json}
        error={'fault' in parsed ? parsed.fault : undefined}
        onChange={(event) => setJson(event.currentTarget.value)}
        classNames={{ input: 'monospace' }}
      />
    </ActionForm>
  );
}

/** The two records differ: which one is to be the basis is for a person to say. */
const Overtaken = ({ by, onGoOn }: { readonly by: StoredRecord; readonly onGoOn: () => void }) => (
  <Alert color="orange" role="alert" title="This record was changed meanwhile">
    Your text and metadata are still here. Saving now overwrites the other change.
    <Group mt="xs">
      <Button size="xs" variant="default" onClick={onGoOn}>
        Continue from version {by.version}
      </Button>
    </Group>
  </Alert>
);

/** Only what was changed is sent. */
const changeOf = (base: StoredRecord, text: string, metadata: Record<string, unknown>): Record<string, unknown> => ({
  ...(text === (base.text ?? '') ? {} : { text: text === '' ? null : text }),
  ...(Object.keys(metadata).length === 0 ? {} : { metadata }),
});
