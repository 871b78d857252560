import { Anchor, Group, Text } from '@mantine/core';
import { LongText } from '../../../components/LongText';
import { score } from '../words';
import type { Part, Result } from './types';

interface Props {
  readonly result: Result;
  /** From 1. */
  readonly rank: number;
  readonly mode: string;
  /** Its rank in the other engine; `null`: not in its results; `undefined`: no other engine. */
  readonly otherRank: number | null | undefined;
  readonly onOpen: (id: string) => void;
}

export function ResultItem({ result, rank, mode, otherRank, onOpen }: Props) {
  const { id, scores, text, metadata } = result;
  return (
    <li>
      <Group gap="xs" align="baseline">
        <Text component="span" fw={700} size="sm">
          {rank}.
        </Text>
        <Anchor component="button" type="button" ta="start" onClick={() => onOpen(id)}>
          <bdi className="wrap-anywhere">{id}</bdi>
        </Anchor>
        <Text component="span" size="sm">
          {score(result.score)} {SCORE_LABELS[mode] ?? ''}
        </Text>
        {otherRank !== undefined && (
          <Text component="span" size="sm" c={otherRank === rank ? 'dimmed' : 'var(--mantine-color-error)'}>
            {otherRank === null ? 'not in the other list' : otherRank === rank ? 'same rank' : `other: ${otherRank}.`}
          </Text>
        )}
      </Group>
      {scores && (
        <Text size="sm" c="dimmed">
          {partWords('meaning', scores.vector)} · {partWords('words', scores.keyword)}
        </Text>
      )}
      {text !== undefined && (
        <Text size="sm" component="div" dir="auto">
          <LongText value={text} max={240} />
        </Text>
      )}
      {metadata && Object.keys(metadata).length > 0 && (
        <Text size="xs" c="dimmed" component="div" ff="monospace">
          <LongText value={JSON.stringify(metadata)} max={160} />
        </Text>
      )}
    </li>
  );
}

const SCORE_LABELS: Readonly<Record<string, string>> = { keyword: '(BM25)', hybrid: '(fused)' };

const partWords = (name: string, part: Part | undefined): string =>
  part ? `by ${name} ${part.rank}., adds ${score(part.score)}` : `not found by ${name}`;
