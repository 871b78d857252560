import { Group, Text } from '@mantine/core';
import { SERVICE_NAMES, SERVICE_TITLES, type Service } from '../../services/service';
import type { LinkKind, Serving } from '../../services/serving';

interface Props {
  readonly services: readonly Service[];
  readonly serving: readonly Serving[];
}

const ROW = 70;
const BOX = 52;
const LEFT_WIDTH = 290;
const RIGHT = 600;
const WIDTH = 880;
const LEGEND: readonly (readonly [LinkKind, string])[] = [
  ['serves', 'serves requests'],
  ['copies', 'is checked or kept in sync'],
  ['away', 'is unavailable'],
];

/** Work on the left, services on the right, and a line for who does what now. The table below says the same in words. */
export function ServiceMap({ services, serving }: Props) {
  const summary = serving.map(({ capability, servedBy }) => `${capability}: ${servedBy}`).join('. ');
  return (
    <>
      <svg
        className="service-map"
        viewBox={`0 0 ${WIDTH} ${5 * ROW}`}
        role="img"
        aria-label={`Which service answers what. ${summary}`}
      >
        {serving.flatMap(({ capability, links }, row) =>
          links.map(({ service, kind }) => (
            <path
              key={`${capability} ${service}`}
              className={`link ${kind}`}
              d={curve(row, SERVICE_NAMES.indexOf(service))}
            />
          )),
        )}
        {serving.map(({ capability, servedBy }, row) => (
          <Box key={capability} x={0} row={row} width={LEFT_WIDTH} title={capability} detail={servedBy} />
        ))}
        {services.map((service) => (
          <Box
            key={service.name}
            x={RIGHT}
            row={SERVICE_NAMES.indexOf(service.name)}
            width={WIDTH - RIGHT - 4}
            title={SERVICE_TITLES[service.name]}
            detail={detailOf(service)}
            className={`state-${service.state}`}
          />
        ))}
      </svg>
      <Group gap="lg" aria-hidden>
        {LEGEND.map(([kind, words]) => (
          <Group key={kind} gap={6}>
            <svg className="service-map-key service-map" width="36" height="8" viewBox="0 0 36 8">
              <path className={`link ${kind}`} d="M0 4h36" />
            </svg>
            <Text size="xs">{words}</Text>
          </Group>
        ))}
      </Group>
    </>
  );
}

interface BoxProps {
  readonly x: number;
  readonly row: number;
  readonly width: number;
  readonly title: string;
  readonly detail: string;
  readonly className?: string;
}

function Box({ x, row, width, title, detail, className }: BoxProps) {
  const y = row * ROW + (ROW - BOX) / 2;
  return (
    <g>
      <rect x={x + 2} y={y} width={width - 2} height={BOX} rx={8} className={className} />
      <text x={x + 14} y={y + 22}>
        {title}
      </text>
      <text x={x + 14} y={y + 41} className="detail">
        {detail.slice(0, 44)}
      </text>
    </g>
  );
}

function curve(from: number, to: number): string {
  const [y1, y2] = [(from + 0.5) * ROW, (to + 0.5) * ROW];
  const middle = (LEFT_WIDTH + RIGHT) / 2;
  return `M${LEFT_WIDTH} ${y1} C${middle} ${y1} ${middle} ${y2} ${RIGHT} ${y2}`;
}

function detailOf({ state, kind, lag, last_probe }: Service): string {
  if (state === 'disabled') return 'not attached';
  if (state === 'unknown') return 'unknown: no answer';
  const latency = last_probe?.ok ? ` · ${last_probe.latency_ms.toFixed(1)} ms` : '';
  const behind = lag && lag.records > 0 ? ` · lag ${lag.records}` : '';
  return `${state} · ${kind ?? ''}${latency}${behind}`;
}
