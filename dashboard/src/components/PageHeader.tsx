import { Box, Group, Text, Title } from '@mantine/core';
import { useEffect, type ReactNode } from 'react';

interface Props {
  readonly title: string;
  readonly description?: ReactNode;
  /** Buttons, at the end of the line. */
  readonly actions?: ReactNode;
}

/** The heading of a page, and the title of its window. */
export function PageHeader({ title, description, actions }: Props) {
  useEffect(() => {
    document.title = `${title.slice(0, 100)} · ZeroDB`;
  }, [title]);
  return (
    <Group justify="space-between" align="flex-start" mb="lg" gap="md">
      <Box miw={0} flex="1 1 20rem">
        <Title order={1} size="h2">
          <bdi className="wrap-anywhere">{title}</bdi>
        </Title>
        {description && (
          <Text component="div" c="dimmed" mt={4}>
            {description}
          </Text>
        )}
      </Box>
      {actions && <Group gap="xs">{actions}</Group>}
    </Group>
  );
}
