import { Badge, Group, Stack, Text, Title } from '@mantine/core';
import { Empty } from '../../../components/Empty';
import { Problem } from '../../../components/Problem';
import { Explanation } from './Explanation';
import { ResultItem } from './ResultItem';
import type { Answer } from './types';

interface Props {
  readonly title: string;
  readonly answer: Answer | undefined;
  readonly error: unknown;
  /** The other engine's, when there are two. */
  readonly other: Answer | undefined;
  readonly onOpen: (id: string) => void;
}

/** One answer: who gave it, how, and what it is. */
export function AnswerView({ title, answer, error, other, onOpen }: Props) {
  return (
    <Stack gap="sm">
      <Title order={2} size="h4">
        {title}
      </Title>
      {error !== undefined && <Problem error={error} />}
      {answer && (
        <>
          <Group gap="xs">
            <Badge variant="light" tt="none">
              served by {answer.served_by}
            </Badge>
            <Badge variant="light" tt="none" color={answer.consistency === 'strong' ? 'green' : 'yellow'}>
              {answer.consistency}
            </Badge>
            {answer.degraded && (
              <Badge variant="light" tt="none" color="orange">
                degraded: {answer.degraded_reasons.join(', ')}
              </Badge>
            )}
            <Text size="sm">{answer.took_ms} ms</Text>
          </Group>
          {answer.explain && (
            <>
              <Text size="sm">
                <strong>Score</strong>: {answer.explain.score}
              </Text>
              <Explanation explain={answer.explain} tookMs={answer.took_ms} />
            </>
          )}
          {answer.results.length === 0 && <Empty title="Nothing was found" />}
          <Stack component="ol" gap="xs" className="plain-list">
            {answer.results.map((result, index) => (
              <ResultItem
                key={result.id}
                result={result}
                rank={index + 1}
                mode={answer.explain?.mode ?? 'vector'}
                otherRank={other && rankIn(other, result.id)}
                onOpen={onOpen}
              />
            ))}
          </Stack>
        </>
      )}
    </Stack>
  );
}

/** From 1; `null`: not in the results. */
const rankIn = ({ results }: Answer, id: string): number | null => {
  const index = results.findIndex((result) => result.id === id);
  return index < 0 ? null : index + 1;
};
