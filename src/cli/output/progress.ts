import { Presets, SingleBar } from 'cli-progress';
import type { Writable } from 'node:stream';

export interface Progress {
  /** `detail` is shown to the right of the bar. */
  update(value: number, detail?: string): void;
  total(value: number): void;
  stop(): void;
}

const NO_PROGRESS: Progress = { update: () => undefined, total: () => undefined, stop: () => undefined };

export interface ProgressOptions {
  readonly label: string;
  readonly total: number;
  readonly format?: (value: number) => string;
}

/** A bar on `stream`, or nothing where there is no terminal to draw it on: logs and pipes stay clean. */
export function createProgress(stream: Writable, interactive: boolean, options: ProgressOptions): Progress {
  if (!interactive) return NO_PROGRESS;
  const show = options.format ?? String;
  const bar = new SingleBar(
    {
      stream,
      format: (_options, params, payload: { detail?: string }) => {
        const share = params.total > 0 ? Math.min(1, params.value / params.total) : 0;
        const filled = Math.round(share * 24);
        const eta = Number.isFinite(params.eta) && params.total > 0 ? `, ${Math.round(params.eta)} s left` : '';
        const of = params.total > 0 ? ` of ${show(params.total)}` : '';
        const drawn = `${'█'.repeat(filled)}${'░'.repeat(24 - filled)}`;
        return `${options.label} ${drawn} ${show(params.value)}${of}${eta}  ${payload.detail ?? ''}`;
      },
      hideCursor: true,
      clearOnComplete: true,
      etaBuffer: 20,
      fps: 10,
    },
    Presets.shades_classic,
  );
  bar.start(options.total, 0, { detail: '' });
  return {
    update: (value, detail) => bar.update(value, detail === undefined ? {} : { detail }),
    total: (value) => bar.setTotal(value),
    stop: () => bar.stop(),
  };
}
