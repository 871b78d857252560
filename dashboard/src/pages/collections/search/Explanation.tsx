import { Progress, Table, Text } from '@mantine/core';
import type { Answer, Step } from './types';

interface Props {
  readonly explain: NonNullable<Answer['explain']>;
  readonly tookMs: number;
}

const STEP_DESCRIPTIONS: Readonly<Record<string, string>> = {
  embed: 'The query became a vector',
  vector: 'The nearest vectors were found',
  keyword: 'The words were ranked (BM25)',
  fuse: 'Both rankings were merged (RRF)',
  fetch: 'The records were read',
};

/** Steps that have one way to be done. */
const STEP_SERVICES: Readonly<Record<string, string>> = { embed: 'embedding model', fetch: 'postgres' };

/** What a search did, step by step, and where its time went. */
export function Explanation({ explain, tookMs }: Props) {
  return (
    <Table verticalSpacing={4} aria-label={`How this ${explain.mode} search was answered`}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th scope="col">Step</Table.Th>
          <Table.Th scope="col">By</Table.Th>
          <Table.Th scope="col" ta="end">
            Time
          </Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {explain.steps.map((step, index) => (
          <Table.Tr key={index}>
            <Table.Td>
              {STEP_DESCRIPTIONS[step.step] ?? step.step}
              <Text size="xs" c="dimmed" className="wrap-anywhere">
                {details(step)}
              </Text>
            </Table.Td>
            <Table.Td>{step.served_by ?? STEP_SERVICES[step.step] ?? 'ZeroDB'}</Table.Td>
            <Table.Td ta="end" w={110}>
              {step.took_ms} ms
              <Progress value={tookMs > 0 ? (100 * step.took_ms) / tookMs : 0} size="xs" aria-hidden />
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

const details = ({ detail = {} }: Step): string =>
  Object.entries(detail)
    .map(([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(', ');
