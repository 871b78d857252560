import { Button } from '@mantine/core';
import { useState } from 'react';

interface Props {
  readonly value: string;
  /** Characters that are shown at first. */
  readonly max?: number;
}

/** Maximum characters shown, even on request: more would freeze the page. */
const MAX_CHARACTERS = 200_000;
/** A word that may have to be broken; others keep their columns from shrinking to letters. */
const LONG_WORD = /\S{25}/;

/** A text that came from outside: shown as text in its own direction, cut where it is long. */
export function LongText({ value, max = 300 }: Props) {
  const [isOpen, setOpen] = useState(false);
  const limit = isOpen ? MAX_CHARACTERS : max;
  if (value.length <= limit) return <bdi className={LONG_WORD.test(value) ? 'wrap-anywhere' : undefined}>{value}</bdi>;
  return (
    <>
      <bdi className="wrap-anywhere">{cut(value, limit)}…</bdi>{' '}
      {isOpen ? (
        <small>
          ({value.length.toLocaleString('en')} characters; the first {MAX_CHARACTERS.toLocaleString('en')} are shown)
        </small>
      ) : (
        <Button
          size="compact-xs"
          variant="default"
          onClick={(event) => {
            event.stopPropagation();
            setOpen(true);
          }}
        >
          Show all ({value.length.toLocaleString('en')} characters)
        </Button>
      )}
    </>
  );
}

/** Cuts between characters, never inside a pair of surrogates. */
function cut(value: string, length: number): string {
  const end = value.charCodeAt(length - 1);
  return value.slice(0, end >= 0xd800 && end <= 0xdbff ? length - 1 : length);
}
