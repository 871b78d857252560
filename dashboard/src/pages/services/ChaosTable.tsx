import { Badge, List, Text } from '@mantine/core';
import { DataTable } from '../../components/DataTable';
import { LongText } from '../../components/LongText';
import { anomaliesOf, milliseconds, seconds, type ChaosCell, type ChaosVerdict } from './chaos';

interface Props {
  readonly verdict: ChaosVerdict;
}

/** The verdict table: a row for each fault that was made. */
export function ChaosTable({ verdict: { cells, not_run } }: Props) {
  return (
    <>
      <DataTable
        caption="Verdicts of the chaos run"
        rows={cells}
        rowKey={({ cell }) => cell}
        columns={[
          { key: 'title', header: 'Fault', render: ({ title }) => <LongText value={title} max={120} /> },
          { key: 'green', header: 'Verdict', render: verdictOf },
          { key: 'anomalies', header: 'Lost, resurrected, stale', render: anomaliesOf },
          { key: 'failed', header: 'Failed (excused)', align: 'end', render: failedOf },
          { key: 'longest', header: 'Longest', align: 'end', render: (cell) => milliseconds(cell.longest_ms) },
          { key: 'p99', header: 'p99 before / during', align: 'end', render: p99Of },
          { key: 'detect', header: 'Out after', align: 'end', render: (cell) => seconds(cell.detect_ms) },
          { key: 'recover', header: 'Back after', align: 'end', render: (cell) => seconds(cell.recover_ms) },
          { key: 'converge', header: 'Level after', align: 'end', render: (cell) => seconds(cell.converge_ms) },
        ]}
      />
      {not_run.length > 0 && (
        <>
          <Text size="sm" fw={600} mt="sm">
            Not run
          </Text>
          <List size="sm">
            {not_run.map(({ cell, title, why }) => (
              <List.Item key={cell}>
                {title}: {why}
              </List.Item>
            ))}
          </List>
        </>
      )}
    </>
  );
}

const verdictOf = ({ green, problems }: ChaosCell) => (
  <>
    <Badge color={green ? 'green' : 'red'} variant="light" tt="none" radius="sm">
      {green ? 'green' : 'red'}
    </Badge>
    {!green && (
      <Text size="xs">
        <LongText value={problems.join('; ')} max={120} />
      </Text>
    )}
  </>
);

const failedOf = ({ failed, unexcused, requests }: ChaosCell): string =>
  `${unexcused} (${failed - unexcused}) of ${requests.toLocaleString('en')}`;

const p99Of = ({ search_p99_ms: { warm, fault } }: ChaosCell): string =>
  `${milliseconds(warm)} / ${milliseconds(fault)}`;
