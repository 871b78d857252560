import type { Selection } from '../../collections/records/records.repository';
import { filterNodeOf } from './filter';
import { formatError, wrongInput } from './errors';
import { recordIdOf } from './point-id';
import type { SelectorBody } from './schemas';

/** Ids in one write. */
const MAX_IDS = 100_000;

/** The points that a write is for. Throws where it names none. */
export const selectionOf = (body: SelectorBody, message = NEITHER): Selection => {
  if (body.points !== undefined && body.points !== null) {
    if (body.points.length > MAX_IDS) throw wrongInput(`A write names at most ${MAX_IDS} points`);
    return { ids: body.points.map(recordIdOf), pointIds: true };
  }
  if (body.filter === undefined || body.filter === null) throw formatError(message);
  return { filter: filterNodeOf(body.filter), pointIds: true };
};

const NEITHER = 'Either list of point ids or filter must be provided';
export const NO_SELECTOR = 'data did not match any variant of untagged enum PointsSelector';
