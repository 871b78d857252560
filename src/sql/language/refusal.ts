import { ZeroDbError } from '../../common/errors';

/** A statement that is not run. `position` counts characters from 1, as Postgres does. */
export function refused(message: string, position?: number): ZeroDbError {
  const where = position === undefined ? message : `${message} (at character ${position})`;
  return new ZeroDbError('invalid', 422, `The statement is not run: ${where}.`, {
    faults: [{ path: '/query', message: where }],
    details: position === undefined ? {} : { position },
  });
}

/** A syntax error. */
export function notSql(message: string, position: number): ZeroDbError {
  const where = `${message} (at character ${position})`;
  return new ZeroDbError('invalid', 422, `This is not valid SQL: ${where}.`, {
    faults: [{ path: '/query', message: where }],
    details: { position },
  });
}

/** A refusal found while a tree is read; the parser counts bytes. */
export class Refusal extends Error {
  constructor(
    message: string,
    readonly location: number,
  ) {
    super(message);
  }
}

/** The character, from 1, at which the byte `location` of `text` stands. */
export function positionOf(text: string, location: number): number | undefined {
  if (location < 0) return undefined;
  return [...Buffer.from(text, 'utf8').subarray(0, location).toString('utf8')].length + 1;
}
