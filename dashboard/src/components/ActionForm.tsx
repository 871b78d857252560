import { Button, Group, Stack } from '@mantine/core';
import type { UseMutationResult } from '@tanstack/react-query';
import type { FormEvent, ReactNode } from 'react';
import { Problem } from './Problem';

interface Props {
  readonly action: Pick<UseMutationResult<unknown, unknown, void>, 'mutate' | 'isPending' | 'error'>;
  /** On the button that does it. */
  readonly submit: string;
  readonly disabled?: boolean;
  /** With it there is a button to leave by. */
  readonly onCancel?: () => void;
  /** Instead of the usual account of an error. */
  readonly fault?: ReactNode;
  readonly children: ReactNode;
}

/** The fields of one action, what went wrong with it, and the button that does it: once at a time. */
export function ActionForm({ action, submit, disabled = false, onCancel, fault, children }: Props) {
  const onSubmit = (event: FormEvent): void => {
    event.preventDefault();
    if (!disabled && !action.isPending) action.mutate();
  };
  return (
    <form onSubmit={onSubmit}>
      <Stack gap="sm">
        {children}
        {fault ?? (action.error ? <Problem error={action.error} /> : null)}
        <Group justify="flex-end">
          {onCancel && (
            <Button variant="default" onClick={onCancel}>
              Cancel
            </Button>
          )}
          <Button type="submit" loading={action.isPending} disabled={disabled}>
            {submit}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
