import { Button, PasswordInput, Stack } from '@mantine/core';
import { useRef, useState, type FormEvent } from 'react';
import { ApiError } from '../api/problem';
import { Problem } from '../components/Problem';
import { enter } from './enter';

const NOT_A_KEY = new ApiError({
  status: 0,
  code: 'invalid',
  title: 'Not a key',
  detail: 'A key is one word of letters, digits, "-" and "_".',
  errors: [],
  retryable: false,
});

interface Props {
  /** The project to open with a root key. */
  readonly project?: string | undefined;
}

/** Takes the key. It goes into memory, and from there into the `Authorization` header alone. */
export function SignInForm({ project }: Props) {
  // Not in the state of React, which would write it into the page's markup.
  const input = useRef<HTMLInputElement>(null);
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const submit = async (key: string) => {
    setBusy(true);
    setError(undefined);
    try {
      await enter(key, project);
    } catch (fault) {
      setError(fault);
    } finally {
      setBusy(false);
    }
  };
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    const key = input.current?.value.trim() ?? '';
    if (isSendable(key)) void submit(key);
    else setError(NOT_A_KEY);
  };
  return (
    // A password manager fills in the account's name, too: without this field it would guess another.
    <form onSubmit={onSubmit}>
      <Stack gap="md">
        <input
          className="visually-hidden"
          type="text"
          name="username"
          autoComplete="username"
          defaultValue="zerodb"
          tabIndex={-1}
          aria-hidden
        />
        <PasswordInput
          label="API key"
          description="The root key was printed when ZeroDB started for the first time."
          name="password"
          autoComplete="current-password"
          placeholder="zdb_…"
          ref={input}
          visibilityToggleButtonProps={{ 'aria-label': 'Show the key' }}
          required
          data-autofocus
        />
        {error !== undefined && <Problem error={error} />}
        <Button type="submit" loading={isBusy}>
          Sign in
        </Button>
      </Stack>
    </form>
  );
}

/** What a header may hold: anything else would make the browser refuse the request. */
const isSendable = (key: string): boolean => /^[\x21-\x7e]{1,16000}$/.test(key);
