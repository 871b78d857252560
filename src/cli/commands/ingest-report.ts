import type { IngestSummary } from '../ingest/ingest-folder';
import type { Skipped } from '../ingest/walk';
import { formatCount, plural } from '../output/format';
import { printable } from '../output/printable';

/** A folder of photographs is one line, and a few files are a line each. */
const NAMED_FOR_A_REASON = 5;
const SHOWN_ROWS = 20;

/** What was left out and why: a line each, or one for many with the same reason. */
export function leftOutLines(skipped: readonly Skipped[]): string[] {
  const byReason = new Map<string, string[]>();
  for (const { path, reason } of skipped) {
    const paths = byReason.get(reason);
    if (paths === undefined) byReason.set(reason, [path]);
    else paths.push(path);
  }
  return [...byReason].flatMap(([reason, paths]) => {
    const named = paths.slice(0, NAMED_FOR_A_REASON).map(printable);
    if (paths.length === named.length) return named.map((path) => `skipped ${path}: ${printable(reason)}`);
    const more = formatCount(paths.length - named.length);
    return [
      `skipped ${plural(paths.length, 'file')}: ${printable(reason)}: ${named.join(', ')} and ${more} more (--json names all)`,
    ];
  });
}

/** What was done with odd rows. */
export function oddRowLines({ rows, odd_rows }: Pick<IngestSummary, 'rows' | 'odd_rows'>): string[] {
  const shown = odd_rows.slice(0, SHOWN_ROWS);
  const hidden = rows.left_out + rows.odd - shown.length;
  const lines = shown.map(({ path, line, message }) => `${printable(path)}, line ${line}: ${printable(message)}`);
  return hidden > 0 ? [...lines, `… and ${formatCount(hidden)} more odd rows (--json names the first 1,000)`] : lines;
}
