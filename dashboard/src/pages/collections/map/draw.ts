import type { Colouring } from './colours';
import type { MapPoint } from './types';
import { toScreen, type Size, type Spot, type View } from './view';

export interface Picture {
  readonly points: readonly MapPoint[];
  readonly colouring: Colouring;
  /** Groups that are shown; all when empty. */
  readonly groups: ReadonlySet<number>;
  readonly selected: ReadonlySet<number>;
  readonly hovered: number;
  readonly view: View;
  readonly size: Size;
  /** The selection as it is drawn, in pixels. */
  readonly line: readonly Spot[];
  readonly ink: string;
}

const RADIUS = 3;
/** More of them would hide the colours. */
const MOST_RINGS = 150;

/** Draws the points: those that are not selected pale, while there is a selection. */
export function draw(context: CanvasRenderingContext2D, picture: Picture, pixelRatio: number): void {
  const { points, colouring, selected, hovered, view, size, ink } = picture;
  context.setTransform(pixelRatio, 0, 0, pixelRatio, 0, 0);
  context.clearRect(0, 0, size.width, size.height);
  const radius = RADIUS + Math.min(3, Math.log2(view.zoom) / 2);
  points.forEach((point, index) => {
    if (!isShown(picture, index)) return;
    const { x, y } = toScreen(point, view, size);
    if (x < -9 || y < -9 || x > size.width + 9 || y > size.height + 9) return;
    context.globalAlpha = selected.size > 0 && !selected.has(index) ? 0.15 : 0.8;
    context.fillStyle = colouring.colourOf[index] ?? ink;
    dot(context, x, y, radius);
    const isRinged = index === hovered || (selected.has(index) && selected.size <= MOST_RINGS);
    if (isRinged) ring(context, x, y, radius + 2, ink);
  });
  drawLine(context, picture);
}

export const isShown = ({ groups, colouring }: Pick<Picture, 'groups' | 'colouring'>, index: number): boolean =>
  groups.size === 0 || groups.has(colouring.groupOf[index] ?? -1);

function dot(context: CanvasRenderingContext2D, x: number, y: number, radius: number): void {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fill();
}

function ring(context: CanvasRenderingContext2D, x: number, y: number, radius: number, ink: string): void {
  context.globalAlpha = 1;
  context.strokeStyle = ink;
  context.lineWidth = 1.5;
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.stroke();
}

function drawLine(context: CanvasRenderingContext2D, { line, ink }: Picture): void {
  const [first, ...rest] = line;
  if (!first) return;
  context.globalAlpha = 1;
  context.strokeStyle = ink;
  context.setLineDash([5, 4]);
  context.beginPath();
  context.moveTo(first.x, first.y);
  for (const { x, y } of rest) context.lineTo(x, y);
  context.closePath();
  context.stroke();
  context.setLineDash([]);
}
