import { Group, Loader, Text } from '@mantine/core';

interface Props {
  readonly label?: string;
}

export function Loading({ label = 'Loading' }: Props) {
  return (
    <Group role="status" gap="sm" py="md">
      <Loader size="sm" aria-hidden />
      <Text c="dimmed">{label} …</Text>
    </Group>
  );
}
