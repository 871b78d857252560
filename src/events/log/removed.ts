import { gone, type ZeroDbError } from '../../common/errors';

/** Retention has removed events that the reader at this offset has not seen. */
export const eventsRemoved = (after: number, first: number): ZeroDbError =>
  gone(
    `Events after the offset ${after} have been removed by retention. The first stored one has the offset ${first}: ` +
      `read on after ${first - 1}.`,
    { first_offset: first },
  );
