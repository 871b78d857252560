import type { Selection } from '../../collections/records/records.repository';
import { filterNodeOf } from './filter';
import type { ZeroDbError } from '../../common/errors';
import { badRequest, formatError, wrongInput } from './errors';
import { recordIdOf } from './point-id';
import type { SelectorBody } from './schemas';

/** Ids in one write. */
const MAX_IDS = 100_000;

/** The points that a write is for. Throws where it names none. */
export const selectionOf = (
  body: Pick<SelectorBody, 'points' | 'filter'>,
  refusal: () => ZeroDbError = NEITHER,
): Selection => {
  if (body.points !== undefined && body.points !== null) {
    if (body.points.length > MAX_IDS) throw wrongInput(`A write names at most ${MAX_IDS} points`);
    return { ids: body.points.map(recordIdOf), pointIds: true };
  }
  if (body.filter === undefined || body.filter === null) throw refusal();
  return { filter: filterNodeOf(body.filter), pointIds: true };
};

const NEITHER = () => formatError('Either list of point ids or filter must be provided');
export const NO_SELECTION = () => badRequest('No filter or points provided');
export const NO_SELECTOR = () => formatError('data did not match any variant of untagged enum PointsSelector');
