import { Box, Button } from '@mantine/core';
import { useMemo, useState } from 'react';
import { jsonText } from './json-text';

interface Props {
  readonly value: unknown;
  readonly label?: string;
  /** Characters that are shown at first. */
  readonly max?: number;
}

const MOST = 500_000;

/** A value as indented JSON, as text; a long one is cut. */
export function JsonView({ value, label = 'JSON', max = 5_000 }: Props) {
  const [isOpen, setOpen] = useState(false);
  const text = useMemo(() => jsonText(value), [value]);
  const limit = isOpen ? MOST : max;
  return (
    <Box>
      <pre className="json" tabIndex={0} role="region" aria-label={label} dir="auto">
        {text.length > limit ? `${text.slice(0, limit)}…` : text}
      </pre>
      {text.length > max && !isOpen && (
        <Button size="compact-xs" variant="default" onClick={() => setOpen(true)}>
          Show all ({text.length.toLocaleString('en')} characters)
        </Button>
      )}
    </Box>
  );
}
