import type { MapPoint } from './types';
import type { Size, Spot } from './view';

interface Props {
  readonly point: MapPoint;
  readonly at: Spot;
  readonly size: Size;
}

const MAX_CHARACTERS = 120;

/** Names the point under the pointer, on the side where there is room. */
export function MapTip({ point, at, size }: Props) {
  const horizontal = at.x > size.width / 2 ? { right: size.width - at.x + 12 } : { left: at.x + 12 };
  const vertical = at.y > size.height / 2 ? { bottom: size.height - at.y + 12 } : { top: at.y + 12 };
  return (
    <div className="map-tip" style={{ ...horizontal, ...vertical }} aria-hidden>
      <bdi>{point.id.slice(0, MAX_CHARACTERS)}</bdi>
      {point.value !== undefined && point.value !== null && (
        <>
          <br />
          <bdi>{String(point.value).slice(0, MAX_CHARACTERS)}</bdi>
        </>
      )}
    </div>
  );
}
