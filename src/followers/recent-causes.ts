import { activeTraceparent } from '../common/tracing';

/** More writes than this between two rounds, and the first ones are not named. */
const MAX_CAUSES = 32;

/**
 * The traces of the writes of this process that nobody has followed up yet. For people who look at traces: which records
 * a round sends is known from Postgres alone, and writes of other processes are not among these.
 */
export class RecentCauses {
  private causes: string[] = [];

  /** Called by whoever wrote, within his span. */
  note(): void {
    const cause = activeTraceparent();
    if (cause === undefined) return;
    if (this.causes.length >= MAX_CAUSES) this.causes.shift();
    this.causes.push(cause);
  }

  take(): readonly string[] {
    const { causes } = this;
    if (causes.length > 0) this.causes = [];
    return causes;
  }
}
