import { dateTime } from './time';

interface Props {
  /** RFC 3339. */
  readonly at: string;
}

/** A moment, on one line, where the reader is. */
export const When = ({ at }: Props) => (
  <time dateTime={at} className="one-line">
    {dateTime(at)}
  </time>
);
