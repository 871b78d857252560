import { Stack, Text } from '@mantine/core';
import type { ReactNode } from 'react';

interface Props {
  readonly title: string;
  readonly hint?: ReactNode;
  /** What to do about it: a button. */
  readonly action?: ReactNode;
}

/** Says that there is nothing, and what would make something. */
export function Empty({ title, hint, action }: Props) {
  return (
    <Stack align="center" gap="xs" py="xl" ta="center">
      <Text fw={600}>{title}</Text>
      {hint && (
        <Text component="div" c="dimmed" maw="40rem">
          {hint}
        </Text>
      )}
      {action}
    </Stack>
  );
}
