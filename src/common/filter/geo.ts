import type { GeoArea, GeoPoint } from './ast';
import { isObject } from './values';

/** The mean radius of the earth in metres. */
export const EARTH_RADIUS = 6_371_008.8;

/** Places beyond are nowhere. */
export const MOST_DEGREES = { lon: 180, lat: 90 } as const;

const radians = (degrees: number): number => (degrees * Math.PI) / 180;

/** Whether a value is a place within the area. */
export function isWithin(value: unknown, area: GeoArea): boolean {
  if (!isObject(value)) return false;
  const { lon, lat } = value;
  if (typeof lon !== 'number' || typeof lat !== 'number') return false;
  if (Math.abs(lon) > MOST_DEGREES.lon || Math.abs(lat) > MOST_DEGREES.lat) return false;
  const place = { lon, lat };
  if (area.shape === 'circle') return distanceBetween(area.centre, place) <= area.radius;
  return isInside(area.outline, place) && !area.holes.some((hole) => isInside(hole, place));
}

/** In metres, by the haversine formula. */
function distanceBetween(a: GeoPoint, b: GeoPoint): number {
  const [up, along] = [radians(b.lat - a.lat), radians(b.lon - a.lon)];
  const chord = Math.sin(up / 2) ** 2 + Math.cos(radians(a.lat)) * Math.cos(radians(b.lat)) * Math.sin(along / 2) ** 2;
  return 2 * EARTH_RADIUS * Math.asin(Math.min(1, Math.sqrt(chord)));
}

/** A ray to the east crosses the outline an odd number of times. */
function isInside(outline: readonly GeoPoint[], { lon, lat }: GeoPoint): boolean {
  let inside = false;
  for (let at = 1; at < outline.length; at += 1) {
    const [from, to] = [outline[at - 1] as GeoPoint, outline[at] as GeoPoint];
    if (from.lat > lat === to.lat > lat) continue;
    if (lon < ((to.lon - from.lon) * (lat - from.lat)) / (to.lat - from.lat) + from.lon) inside = !inside;
  }
  return inside;
}
