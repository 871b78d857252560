import { activeTraceparent } from '../common/tracing';

/** Maximum of causes kept between two rounds; the oldest are dropped. */
const MAX_CAUSES = 32;

/**
 * Traces of this process's writes that no round has sent yet. Only for linking traces: Postgres decides which records a
 * round sends, and writes of other processes are not included.
 */
export class RecentCauses {
  private causes: string[] = [];

  /** Called by the writer, within its span. */
  record(): void {
    const cause = activeTraceparent();
    if (cause === undefined) return;
    if (this.causes.length >= MAX_CAUSES) this.causes.shift();
    this.causes.push(cause);
  }

  drain(): readonly string[] {
    const { causes } = this;
    if (causes.length > 0) this.causes = [];
    return causes;
  }
}
