import { usageError } from './errors';

/** What cannot be undone needs `--yes`, in a terminal and in a script alike: one habit, no hanging prompt. */
export function mustBeConfirmed(yes: boolean | undefined, consequence: string): void {
  if (yes !== true) throw usageError(consequence, 'Repeat the command with --yes to confirm.');
}
