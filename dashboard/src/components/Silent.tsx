import { Alert } from '@mantine/core';
import { IconPlugConnectedX } from '@tabler/icons-react';
import { dateTime } from './time';

interface Props {
  /** The moment of the last answer, in milliseconds since 1970. */
  readonly since: number;
}

/** Says that what the page shows is old, because the server does not answer. */
export const Silent = ({ since }: Props) => (
  <Alert color="red" icon={<IconPlugConnectedX aria-hidden />} title="The server does not answer">
    Its last answer came at {dateTime(new Date(since).toISOString())}. What happens now is unknown; the page asks again
    by itself.
  </Alert>
);
