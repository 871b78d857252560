import type { Bound, FilterNode, GeoArea, GeoPoint } from '../../common/filter';
import { EARTH_RADIUS, MOST_DEGREES } from '../../common/filter/geo';
import type { SqlParams } from './sql-params';

type Shape = Extract<FilterNode, { kind: 'null' | 'count' | 'geo' }>;

const SYMBOLS = { gt: '>', gte: '>=', lt: '<', lte: '<=' } as const;

/** What is asked of the form of values, not of what they are. `value`: what the path starts from. */
export function shapeCondition(node: Shape, value: string, params: SqlParams): string {
  if ('field' in node.path) return 'false';
  const { keys } = node.path;
  switch (node.kind) {
    case 'null':
      return `exists (select from jsonb_path_query(${value}, ${pathTo(keys, params)}) q(value)
        where q.value = 'null' or (jsonb_typeof(q.value) = 'array' and q.value @> 'null'))`;
    case 'count':
      return countCondition(node.bounds, value, pathTo(keys, params), params);
    case 'geo':
      return `exists (select from jsonb_array_elements(zerodb_values(${value}, ${params.add(keys, 'text[]')})) q(value)
        cross join lateral (select ${degrees('lon')}, ${degrees('lat')}) g where g.lon is not null and g.lat is not null and ${areaCondition(node.area, params)})`;
  }
}

/** As `rawAt` goes: lax paths look into arrays on the way, and leave the one at the end as it is. */
const pathTo = (keys: readonly string[], params: SqlParams): string =>
  params.add(`lax $${keys.map((key) => `.${JSON.stringify(key)}`).join('')}`, 'jsonpath');

function countCondition(bounds: readonly Bound[], value: string, path: string, params: SqlParams): string {
  const tests = bounds.map(({ op, operand }) => `c.n ${SYMBOLS[op]} ${params.add(operand)}::float8`);
  return `exists (select from (
      select case jsonb_typeof(q.value) when 'null' then 0 when 'array' then jsonb_array_length(q.value) else 1 end as n
      from jsonb_path_query(${value}, ${path}) q(value)
      union all select 0 where not coalesce(jsonb_path_exists(${value}, ${path}), false)) c
    where ${['true', ...tests].join(' and ')})`;
}

/** Postgres refuses to multiply numbers so small that nothing is left of them. */
const LEAST_DEGREES = 1e-100;

/** Null beyond what there is on earth. */
const degrees = (key: 'lon' | 'lat'): string => {
  const size = `abs((q.value -> '${key}')::numeric)`;
  return `case when jsonb_typeof(q.value -> '${key}') <> 'number' then null when ${size} < ${LEAST_DEGREES} then 0
    when ${size} <= ${MOST_DEGREES[key]} then (q.value ->> '${key}')::float8 end as ${key}`;
};

const centreDegrees = (value: number): number => (Math.abs(value) < LEAST_DEGREES ? 0 : value);

function areaCondition(area: GeoArea, params: SqlParams): string {
  if (area.shape === 'polygon') {
    const place = 'point(g.lon, g.lat)';
    const holes = area.holes.map((hole) => `not ${polygon(hole, params)} @> ${place}`);
    return [`${polygon(area.outline, params)} @> ${place}`, ...holes].join(' and ');
  }
  const lon = `${params.add(centreDegrees(area.centre.lon))}::float8`;
  const lat = `${params.add(centreDegrees(area.centre.lat))}::float8`;
  return `2 * ${EARTH_RADIUS} * asin(least(1, sqrt(power(sin(radians(g.lat - ${lat}) / 2), 2)
    + cos(radians(${lat})) * cos(radians(g.lat)) * power(sin(radians(g.lon - ${lon}) / 2), 2))))
    <= ${params.add(area.radius)}::float8`;
}

const polygon = (outline: readonly GeoPoint[], params: SqlParams): string =>
  params.add(`(${outline.map(({ lon, lat }) => `(${lon},${lat})`).join(',')})`, 'polygon');
