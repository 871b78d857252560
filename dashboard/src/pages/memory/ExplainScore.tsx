import { Table, Text } from '@mantine/core';
import { RANKINGS, type Explanation } from './types';

interface ExplainScoreProps {
  readonly score: number;
  readonly explain: Explanation;
}

const LABELS: Readonly<Record<(typeof RANKINGS)[number], string>> = {
  vector: 'By meaning',
  keyword: 'By words',
  claim: 'States the requested fact',
  graph: 'Mentions the same things',
  neighbours: 'Is next to a good message',
};

const DIGITS = 5;

/** The arithmetic of a score, a line a term. */
export const ExplainScore = ({ score, explain }: ExplainScoreProps) => (
  <details>
    <Text component="summary" size="sm">
      Score {score.toFixed(DIGITS)}: why
    </Text>
    <Text size="sm" my={4}>
      relevance {explain.relevance.toFixed(DIGITS)} × recency {explain.recency.factor.toFixed(3)} × importance{' '}
      {explain.importance.factor.toFixed(3)}
    </Text>
    <Table withTableBorder>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Term</Table.Th>
          <Table.Th>Rank</Table.Th>
          <Table.Th>Value</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {RANKINGS.map((name) => {
          const part = explain[name];
          return part && <Term key={name} label={LABELS[name]} rank={part.rank} value={part.score.toFixed(DIGITS)} />;
        })}
        <Term
          label={`Recency (${explain.recency.age_days.toFixed(1)} days old)`}
          value={`× ${explain.recency.factor.toFixed(3)}`}
        />
        <Term label={`Importance ${explain.importance.value}`} value={`× ${explain.importance.factor.toFixed(3)}`} />
      </Table.Tbody>
    </Table>
    <Text size="xs" c="dimmed" mt={4}>
      {explain.formula}
    </Text>
  </details>
);

interface TermProps {
  readonly label: string;
  readonly rank?: number;
  readonly value: string;
}

const Term = ({ label, rank, value }: TermProps) => (
  <Table.Tr>
    <Table.Td>{label}</Table.Td>
    <Table.Td>{rank ?? ''}</Table.Td>
    <Table.Td>{value}</Table.Td>
  </Table.Tr>
);
