import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseEnv } from 'node:util';
import { messageOf } from '../common/message-of';
import type { Environment } from './environment';

export interface EnvFileReading {
  /** The variables of the file that are ours, under those of the environment. */
  readonly environment: Environment;
  /** Name the file and the line, and never repeat a value. */
  readonly faults: readonly string[];
}

const FILE = '.env';
const QUOTES: readonly string[] = ['"', "'", '`'];
const NAME = /^[A-Za-z_][A-Za-z0-9_.]{0,254}$/;
/** Other variables of the file are for others, such as compose. */
const isOurs = (name: string): boolean => name.startsWith('ZERODB_') || name === 'NODE_ENV';

/** The environment over the file `.env` of the working folder; without that file the environment as it is. */
export const withEnvFile = (environment: Environment, cwd: string): EnvFileReading => {
  const file = path.join(cwd, FILE);
  try {
    const text = readFileSync(file, 'utf8').replace(/^\uFEFF/, '');
    const faulty = faultyLines(text);
    const ours = Object.entries(parseEnv(without(faulty, text))).filter(([name]) => isOurs(name));
    return {
      environment: { ...Object.fromEntries(ours), ...environment },
      faults: faulty.map(({ line, message }) => `${file}, line ${line}: ${message}.`),
    };
  } catch (cause) {
    const isAbsent = ['ENOENT', 'ENOTDIR'].includes((cause as NodeJS.ErrnoException).code ?? '');
    return { environment, faults: isAbsent ? [] : [`${file}: ${messageOf(cause)}`] };
  }
};

interface LineFault {
  /** From 1. */
  readonly line: number;
  readonly message: string;
}

/** Node's reader takes a faulty line and the next one together. */
function without(faults: readonly LineFault[], text: string): string {
  const lines = new Set(faults.map(({ line }) => line));
  return text
    .split('\n')
    .map((line, index) => (lines.has(index + 1) ? '' : line))
    .join('\n');
}

/** The lines that Node's reader would pass over in silence, or would take otherwise than they look. */
function faultyLines(text: string): LineFault[] {
  const lines = text.split('\n');
  const faults: LineFault[] = [];
  for (let at = 0; at < lines.length; at += 1) {
    const line = (lines[at] ?? '').trim();
    if (line === '' || line.startsWith('#')) continue;
    const fault = assignmentFault(line) ?? commentFault(line);
    if (fault !== undefined) faults.push({ line: at + 1, message: fault });
    else {
      const end = endOfValue(lines, at);
      if (typeof end === 'string') faults.push({ line: at + 1, message: end });
      else at = end;
    }
  }
  return faults;
}

function assignmentFault(line: string): string | undefined {
  const equals = line.indexOf('=');
  const name = line.slice(0, Math.max(equals, 0)).trim();
  return equals > 0 && NAME.test(withoutExport(name)) ? undefined : 'must be NAME=value';
}

/** Node's reader ends a value without quotation marks at any `#`, others only at one after a space. */
function commentFault(line: string): string | undefined {
  const equals = line.indexOf('=');
  const value = line.slice(equals + 1);
  const hash = value.indexOf('#');
  if (hash < 0 || QUOTES.includes(value.trimStart().charAt(0))) return undefined;
  if (/\s/.test(value.charAt(hash - 1)) || !isOurs(withoutExport(line.slice(0, equals).trim()))) return undefined;
  return 'the value has a "#", and may be cut off there: put it in quotation marks, or a space before a comment';
}

const withoutExport = (name: string): string => (name.startsWith('export ') ? name.slice(7).trimStart() : name);

/** The index of the line where the value that begins in line `from` ends, or what is wrong with its quotation marks. */
function endOfValue(lines: readonly string[], from: number): number | string {
  const first = (lines[from] ?? '').trim();
  const value = first.slice(first.indexOf('=') + 1).trimStart();
  const quote = value.charAt(0);
  if (!QUOTES.includes(quote)) return from;
  for (let at = from; at < lines.length; at += 1) {
    const text = at === from ? value.slice(1) : (lines[at] ?? '');
    const close = text.indexOf(quote);
    if (close < 0) continue;
    const rest = text.slice(close + 1).trim();
    return rest === '' || rest.startsWith('#') ? at : 'only a comment may follow the closing quotation mark';
  }
  return 'the quotation mark is not closed';
}
