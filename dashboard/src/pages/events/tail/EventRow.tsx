import { memo, useState } from 'react';
import { Badge, Text } from '@mantine/core';
import { jsonLine } from '../../../components/json-text';
import { JsonView } from '../../../components/JsonView';
import { dateTime } from '../format';
import type { Line } from './tail-buffer';
import classes from './EventRow.module.css';

const MAX_PREVIEW = 160;

/** One event on a line; all of it when it is opened. */
export const EventRow = memo(function EventRow({ line: { event, text } }: { readonly line: Line }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <li className={classes.row}>
      <details onToggle={(toggled) => setOpen(toggled.currentTarget.open)}>
        <summary className={classes.summary}>
          <Text span size="sm" c="dimmed" ff="monospace">
            {event.offset}
          </Text>
          <Text span size="sm" c="dimmed">
            {dateTime(event.time)}
          </Text>
          <Badge variant="light" tt="none" radius="sm">
            <bdi>{event.type}</bdi>
          </Badge>
          <Text span size="sm" truncate>
            <bdi>{event.key ?? event.subject ?? ''}</bdi>
          </Text>
          <Text span size="sm" truncate ff="monospace" className={classes.data}>
            <bdi>{preview(event.data)}</bdi>
          </Text>
        </summary>
        {isOpen && <JsonView text={text} label={`Event ${event.offset}`} />}
      </details>
    </li>
  );
});

const preview = (data: unknown): string => (data === undefined ? '' : jsonLine(data).slice(0, MAX_PREVIEW));
