import { z } from 'zod';
import type { Seen } from '../record-model';
import type { LoadStage } from '../stage';

type JudgeStage = Pick<LoadStage, 'model' | 'recorder'>;
import { textOf } from './content';

export const shownRecord = z.object({
  id: z.string(),
  version: z.number().int(),
  text: z.string().optional(),
  metadata: z.object({ key: z.string(), seq: z.number().int(), group: z.number().int() }),
});
export type ShownRecord = z.output<typeof shownRecord>;

export interface Reading {
  readonly operation: string;
  readonly replica: string;
  readonly from: number;
  readonly to: number;
  /** The answer itself says that it may be behind. */
  readonly isDegraded?: boolean;
}

/** Compares what a reader was shown of a key with what it may be shown, and records what does not fit. */
export const judgeSeen = (stage: JudgeStage, key: string, seen: Seen, reading: Reading): void => {
  const judgement = stage.model.judge(key, seen, reading.from, reading.to);
  if (judgement) violate(stage, reading, judgement);
};

export const judgeRecord = (stage: JudgeStage, record: ShownRecord, reading: Reading): void => {
  const { id, version, metadata, text } = record;
  judgeSeen(stage, id, metadata.seq, reading);
  const judgement = stage.model.judgeVersion(id, version, reading.from, reading.to);
  if (judgement) violate(stage, reading, judgement);
  const isWhole = metadata.key === id && (text === undefined || text === textOf(id, metadata.seq));
  if (!isWhole) violate(stage, reading, { anomaly: 'phantom', detail: `${id} holds parts of other writes` });
};

export const violate = (
  stage: JudgeStage,
  { operation, replica, to, isDegraded }: Reading,
  judgement: { readonly anomaly: 'lost' | 'resurrected' | 'stale' | 'phantom' | 'went_back'; readonly detail: string },
): void => {
  const { recorder } = stage;
  if (isDegraded === true && judgement.anomaly !== 'phantom') {
    recorder.admitted += 1;
    return;
  }
  recorder.violate({ ...judgement, at: Math.round(to), phase: recorder.phase, operation, replica });
};
