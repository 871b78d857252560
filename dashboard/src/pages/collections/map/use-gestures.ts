import { useCallback, useEffect, useRef, useState, type KeyboardEvent, type PointerEvent, type RefObject } from 'react';
import { moved, FULL_VIEW, zoomed, type Size, type Spot, type View } from './view';

export type Mode = 'move' | 'select';

interface Options {
  readonly canvas: RefObject<HTMLCanvasElement>;
  readonly size: Size;
  readonly mode: Mode;
  readonly onHover: (spot: Spot | undefined, view: View) => void;
  readonly onClick: (spot: Spot, view: View) => void;
  readonly onSelect: (line: readonly Spot[], view: View) => void;
}

const STEP = 40;
const ZOOM_STEP = 1.3;
/** A press that moved less is a click. */
const CLICK_PIXELS = 4;
const MAX_LINE = 2_000;

/** Moving, zooming and drawing by mouse, finger and keyboard. */
export function useGestures({ canvas, size, mode, onHover, onClick, onSelect }: Options) {
  const [view, setView] = useState<View>(FULL_VIEW);
  const [line, setLine] = useState<readonly Spot[]>([]);
  const press = useRef<{ readonly from: Spot; last: Spot }>();
  const zoom = useCallback(
    (factor: number, around?: Spot) =>
      setView((before) => zoomed(before, factor, around ?? { x: size.width / 2, y: size.height / 2 }, size)),
    [size],
  );
  useWheel(canvas, zoom);

  const onPointerDown = (event: PointerEvent): void => {
    if (event.button !== 0) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    const spot = spotOf(event);
    press.current = { from: spot, last: spot };
    if (mode === 'select') setLine([spot]);
  };
  const onPointerMove = (event: PointerEvent): void => {
    const spot = spotOf(event);
    const pressed = press.current;
    if (!pressed) return onHover(spot, view);
    if (mode === 'select') setLine((before) => (before.length < MAX_LINE ? [...before, spot] : before));
    else setView((before) => moved(before, spot.x - pressed.last.x, spot.y - pressed.last.y, size));
    pressed.last = spot;
  };
  const onPointerUp = (event: PointerEvent): void => {
    const pressed = press.current;
    press.current = undefined;
    setLine([]);
    if (!pressed) return;
    const spot = spotOf(event);
    const isClick = Math.hypot(spot.x - pressed.from.x, spot.y - pressed.from.y) < CLICK_PIXELS && line.length < 5;
    if (isClick) onClick(spot, view);
    else if (mode === 'select') onSelect(line, view);
  };
  const onPointerCancel = (): void => {
    press.current = undefined;
    setLine([]);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const next = afterKey(event.key, view, size);
    if (!next) return;
    event.preventDefault();
    setView(next);
  };
  return {
    view,
    line,
    zoom,
    reset: () => setView(FULL_VIEW),
    handlers: {
      onPointerDown,
      onPointerMove,
      onPointerUp,
      onPointerCancel,
      onKeyDown,
      onPointerLeave: () => onHover(undefined, view),
    },
  };
}

/** React listens to the wheel passively, so that the page would scroll as well. */
function useWheel(canvas: RefObject<HTMLCanvasElement>, zoom: (factor: number, around: Spot) => void): void {
  useEffect(() => {
    const element = canvas.current;
    const onWheel = (event: WheelEvent): void => {
      // With a key held down: otherwise the wheel belongs to the page.
      if (!event.ctrlKey && !event.metaKey && !event.shiftKey) return;
      event.preventDefault();
      zoom(2 ** (-(event.deltaY || event.deltaX) / 300), { x: event.offsetX, y: event.offsetY });
    };
    element?.addEventListener('wheel', onWheel, { passive: false });
    return () => element?.removeEventListener('wheel', onWheel);
  }, [canvas, zoom]);
}

function afterKey(key: string, view: View, size: Size): View | undefined {
  const middle = { x: size.width / 2, y: size.height / 2 };
  if (key === 'ArrowLeft') return moved(view, STEP, 0, size);
  if (key === 'ArrowRight') return moved(view, -STEP, 0, size);
  if (key === 'ArrowUp') return moved(view, 0, STEP, size);
  if (key === 'ArrowDown') return moved(view, 0, -STEP, size);
  if (key === '+' || key === '=') return zoomed(view, ZOOM_STEP, middle, size);
  if (key === '-') return zoomed(view, 1 / ZOOM_STEP, middle, size);
  return key === '0' ? FULL_VIEW : undefined;
}

const spotOf = ({ nativeEvent }: PointerEvent): Spot => ({ x: nativeEvent.offsetX, y: nativeEvent.offsetY });
