import type { MapPoint } from './types';

/** What part of the plane is seen: its middle, and how many times it is enlarged. */
export interface View {
  readonly x: number;
  readonly y: number;
  readonly zoom: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Spot {
  readonly x: number;
  readonly y: number;
}

export const FULL_VIEW: View = { x: 0, y: 0, zoom: 1 };

const MAX_ZOOM = 200;
/** So much of the canvas the points take, and the rest is their frame. */
const FILLED = 0.92;

/** Pixels per unit of the plane. */
const scaleOf = ({ zoom }: View, { width, height }: Size): number => (Math.min(width, height) / 2) * FILLED * zoom;

export function toScreen(point: Spot, view: View, size: Size): Spot {
  const scale = scaleOf(view, size);
  return { x: size.width / 2 + (point.x - view.x) * scale, y: size.height / 2 - (point.y - view.y) * scale };
}

export function toPlane(spot: Spot, view: View, size: Size): Spot {
  const scale = scaleOf(view, size);
  return { x: view.x + (spot.x - size.width / 2) / scale, y: view.y - (spot.y - size.height / 2) / scale };
}

/** Enlarged by `factor` around a place on the screen, which stays where it is. */
export function zoomed(view: View, factor: number, around: Spot, size: Size): View {
  const zoom = Math.min(MAX_ZOOM, Math.max(1, view.zoom * factor));
  const fixed = toPlane(around, view, size);
  const moved = toPlane(around, { ...view, zoom }, size);
  return bounded({ zoom, x: view.x + fixed.x - moved.x, y: view.y + fixed.y - moved.y });
}

/** Moved by pixels. */
export function moved(view: View, dx: number, dy: number, size: Size): View {
  const scale = scaleOf(view, size);
  return bounded({ ...view, x: view.x - dx / scale, y: view.y + dy / scale });
}

/** Nobody gets lost where there are no points. */
const bounded = ({ x, y, zoom }: View): View => ({
  zoom,
  x: Math.min(1, Math.max(-1, x)),
  y: Math.min(1, Math.max(-1, y)),
});

/** The nearest point within so many pixels; `-1`: none. `isShown` says which count. */
export function nearest(
  points: readonly MapPoint[],
  spot: Spot,
  view: View,
  size: Size,
  isShown: (index: number) => boolean,
): number {
  let best = -1;
  let least = 10 ** 2;
  points.forEach((point, index) => {
    if (!isShown(index)) return;
    const at = toScreen(point, view, size);
    const distance = (at.x - spot.x) ** 2 + (at.y - spot.y) ** 2;
    if (distance < least) [best, least] = [index, distance];
  });
  return best;
}

/** Whether a place lies inside of a drawn line that is closed by its ends. */
export function isInside({ x, y }: Spot, line: readonly Spot[]): boolean {
  let inside = false;
  for (let at = 0, before = line.length - 1; at < line.length; before = at, at += 1) {
    const [a, b] = [line[at], line[before]];
    if (!a || !b) continue;
    const crosses = a.y > y !== b.y > y && x < ((b.x - a.x) * (y - a.y)) / (b.y - a.y) + a.x;
    if (crosses) inside = !inside;
  }
  return inside;
}
