import { Button, Group, Text } from '@mantine/core';
import type { Pages } from './use-pages';

interface Props {
  readonly pages: Pages;
  readonly nextCursor: string | null | undefined;
  /** What the pages are of, for screen readers. */
  readonly of: string;
}

export function Pager({ pages, nextCursor, of }: Props) {
  if (pages.number === 1 && !nextCursor) return null;
  return (
    <Group component="nav" aria-label={`Pages of ${of}`} mt="sm" gap="sm">
      <Button size="xs" variant="default" onClick={pages.back} disabled={pages.number === 1}>
        Previous page
      </Button>
      <Text size="sm">Page {pages.number}</Text>
      <Button size="xs" variant="default" onClick={() => nextCursor && pages.next(nextCursor)} disabled={!nextCursor}>
        Next page
      </Button>
    </Group>
  );
}
