import { Box, Button } from '@mantine/core';
import { useMemo, useState } from 'react';
import { indentedJson } from './indented-json';
import { jsonText } from './json-text';

interface Props {
  /** Left out where `text` is given. */
  readonly value?: unknown;
  /** The JSON as it was written, where it is known: it keeps digits that a number of JavaScript would lose. */
  readonly text?: string;
  readonly label?: string;
  /** Characters that are shown at first. */
  readonly max?: number;
}

const MAX_CHARACTERS = 500_000;

/** A value as indented JSON, as text; a long one is cut. */
export function JsonView({ value, text: source, label = 'JSON', max = 5_000 }: Props) {
  const [isOpen, setOpen] = useState(false);
  const text = useMemo(
    () => (source === undefined ? jsonText(value) : (indentedJson(source) ?? source)),
    [value, source],
  );
  const limit = isOpen ? MAX_CHARACTERS : max;
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
