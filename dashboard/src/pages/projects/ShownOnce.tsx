import { Alert, Button, Group, Stack, TextInput } from '@mantine/core';
import { useClipboard } from '@mantine/hooks';
import { IconEye } from '@tabler/icons-react';

interface Props {
  readonly secret: string;
  readonly onDone: () => void;
}

/** A secret that cannot be shown again. */
export function ShownOnce({ secret, onDone }: Props) {
  const clipboard = useClipboard({ timeout: 2_000 });
  return (
    <Stack>
      <Alert color="yellow" icon={<IconEye aria-hidden />}>
        Copy it now: only its hash is kept, so it cannot be shown again.
      </Alert>
      <TextInput label="Key" value={secret} readOnly onFocus={(event) => event.currentTarget.select()} />
      <Group justify="flex-end">
        <Button variant="default" onClick={() => clipboard.copy(secret)}>
          {clipboard.copied ? 'Copied' : clipboard.error ? 'Select and copy it by hand' : 'Copy'}
        </Button>
        <Button onClick={onDone}>Done</Button>
      </Group>
    </Stack>
  );
}
