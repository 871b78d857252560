import { useState, type FormEvent } from 'react';
import { Autocomplete, Button, Group, TextInput } from '@mantine/core';
import { IconUser } from '@tabler/icons-react';
import { LABELS, type MemoryScope } from './scope';
import { useSubjects } from './use-subjects';

interface ScopeFormProps {
  readonly scope: MemoryScope | undefined;
  readonly onChange: (scope: MemoryScope) => void;
}

/** Asks whose memories are to be shown. */
export const ScopeForm = ({ scope, onChange }: ScopeFormProps) => {
  const [user, setUser] = useState(scope?.user_id ?? '');
  const [agent, setAgent] = useState(scope?.agent_id ?? '');
  const [session, setSession] = useState(scope?.session_id ?? '');
  const subjects = useSubjects(user);
  const isEmpty = user === '' && agent === '' && session === '';
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (!isEmpty) onChange({ user_id: user, agent_id: agent, session_id: session });
  };
  return (
    <form onSubmit={submit} aria-label="Whose memories">
      <Group align="end" gap="sm">
        <Autocomplete
          label={LABELS.user_id}
          placeholder="A user id"
          leftSection={<IconUser size={16} aria-hidden />}
          data={subjects}
          value={user}
          onChange={setUser}
          onOptionSubmit={(chosen) => onChange({ user_id: chosen, agent_id: agent, session_id: session })}
          maxLength={255}
          limit={20}
        />
        <TextInput
          label={LABELS.agent_id}
          placeholder="Any"
          value={agent}
          onChange={(event) => setAgent(event.currentTarget.value)}
          maxLength={255}
        />
        <TextInput
          label={LABELS.session_id}
          placeholder="Any"
          value={session}
          onChange={(event) => setSession(event.currentTarget.value)}
          maxLength={255}
        />
        <Button type="submit" disabled={isEmpty}>
          Show memories
        </Button>
      </Group>
    </form>
  );
};
