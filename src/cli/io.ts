import type { Readable, Writable } from 'node:stream';
import { COLOURED, PLAIN, type Palette } from './output/palette';

/** Where a command reads and writes. Results go to `out`, everything else (progress, notes, errors) to `err`. */
export interface CliIo {
  readonly in: Readable;
  readonly out: Writable;
  readonly err: Writable;
  readonly palette: Palette;
  readonly errPalette: Palette;
  /** Whether `err` is a terminal that can show a progress bar. */
  readonly interactive: boolean;
  /** Columns of the terminal. */
  readonly width: number;
  readonly env: NodeJS.ProcessEnv;
}

const DEFAULT_WIDTH = 100;

/** https://no-color.org: any non-empty value means no colours. */
const colours = (stream: { isTTY?: boolean }, env: NodeJS.ProcessEnv): Palette =>
  stream.isTTY === true && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb' ? COLOURED : PLAIN;

export const processIo = (env: NodeJS.ProcessEnv): CliIo => ({
  in: process.stdin,
  out: process.stdout,
  err: process.stderr,
  palette: colours(process.stdout, env),
  errPalette: colours(process.stderr, env),
  interactive: process.stderr.isTTY === true && env['TERM'] !== 'dumb',
  width: process.stdout.columns ?? DEFAULT_WIDTH,
  env,
});
