import { parseInstant } from '../../common/filter';

/** What Qdrant takes besides RFC 3339: a date, or a time without a zone or without seconds. All of them are UTC. */
const LOOSE = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(:\d{2}(?:\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})?)?$/i;

/** Microseconds since 1970 of a bound of a range; `undefined` when it is none. */
export const instantOf = (text: string): bigint | undefined => {
  if (text.length > 40) return undefined;
  const [, date, minutes = '00:00', seconds = ':00', zone = 'Z'] = LOOSE.exec(text) ?? [];
  if (date === undefined) return undefined;
  const withColon = zone.length === 5 ? `${zone.slice(0, 3)}:${zone.slice(3)}` : zone;
  return parseInstant(`${date}T${minutes}${seconds}${withColon}`);
};
