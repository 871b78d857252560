import { Button, Group, SegmentedControl, Text, useComputedColorScheme } from '@mantine/core';
import { useElementSize } from '@mantine/hooks';
import { useEffect, useMemo, useRef, useState } from 'react';
import type { Colouring } from './colours';
import { draw, isShown } from './draw';
import { MapTip } from './MapTip';
import type { MapPoint } from './types';
import { useGestures, type Mode } from './use-gestures';
import { isInside, nearest, toScreen, type Spot, type View } from './view';

const HEIGHT = 460;
const TEXT_COLOURS = { light: '#1a1b1e', dark: '#f1f3f5' } as const;

interface Props {
  readonly points: readonly MapPoint[];
  readonly colouring: Colouring;
  /** Groups that are shown; all when empty. */
  readonly groups: ReadonlySet<number>;
  readonly selected: ReadonlySet<number>;
  readonly onSelect: (indexes: ReadonlySet<number>) => void;
  readonly onOpen: (id: string) => void;
  readonly label: string;
}

/** The points on a canvas. What it shows is in the table as well, for those who do not see it. */
export function MapCanvas({ points, colouring, groups, selected, onSelect, onOpen, label }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const { ref, width } = useElementSize();
  const size = useMemo(() => ({ width, height: HEIGHT }), [width]);
  const [mode, setMode] = useState<Mode>('move');
  const [hovered, setHovered] = useState(-1);
  const scheme = useComputedColorScheme('light');
  const shown = (index: number): boolean => isShown({ groups, colouring }, index);
  const at = (spot: Spot, view: View): number => nearest(points, spot, view, size, shown);
  const { view, line, zoom, reset, handlers } = useGestures({
    canvas,
    size,
    mode,
    onHover: (spot, seen) => setHovered(spot ? at(spot, seen) : -1),
    onClick: (spot, seen) => {
      const id = points[at(spot, seen)]?.id;
      if (id !== undefined) onOpen(id);
    },
    onSelect: (drawn, seen) => {
      const inside = points.flatMap((point, index) =>
        shown(index) && isInside(toScreen(point, seen, size), drawn) ? [index] : [],
      );
      onSelect(new Set(inside));
    },
  });
  useEffect(() => {
    const element = canvas.current;
    const context = element?.getContext('2d');
    if (!element || !context || width === 0) return;
    const ratio = window.devicePixelRatio || 1;
    element.width = Math.round(width * ratio);
    element.height = Math.round(HEIGHT * ratio);
    draw(context, { points, colouring, groups, selected, hovered, view, size, line, ink: TEXT_COLOURS[scheme] }, ratio);
  });
  const point = points[hovered];
  return (
    <>
      <Toolbar mode={mode} onMode={setMode} zoom={zoom} reset={reset} />
      <div ref={ref} className="map" style={{ height: HEIGHT }}>
        <canvas ref={canvas} data-mode={mode} role="img" aria-label={label} tabIndex={0} {...handlers} />
        {point && <MapTip point={point} at={toScreen(point, view, size)} size={size} />}
      </div>
      <Text size="xs" c="dimmed">
        Drag to move, scroll with Ctrl or Shift to zoom; with the keyboard: arrows, plus, minus and 0. Click on a point
        to see its record.
      </Text>
    </>
  );
}

interface ToolbarProps {
  readonly mode: Mode;
  readonly onMode: (mode: Mode) => void;
  readonly zoom: (factor: number) => void;
  readonly reset: () => void;
}

function Toolbar({ mode, onMode, zoom, reset }: ToolbarProps) {
  return (
    <Group gap="xs">
      <SegmentedControl
        aria-label="What dragging does"
        size="xs"
        data={[
          { value: 'move', label: 'Move' },
          { value: 'select', label: 'Select with a lasso' },
        ]}
        value={mode}
        onChange={(chosen) => onMode(chosen === 'select' ? 'select' : 'move')}
      />
      <Button size="xs" variant="default" onClick={() => zoom(1.5)}>
        Zoom in
      </Button>
      <Button size="xs" variant="default" onClick={() => zoom(1 / 1.5)}>
        Zoom out
      </Button>
      <Button size="xs" variant="default" onClick={reset}>
        Show everything
      </Button>
    </Group>
  );
}
