import { Table } from '@mantine/core';

interface Props {
  readonly facts: readonly (readonly [name: string, value: string])[];
}

/** Names and values, one below the other. */
export function Facts({ facts }: Props) {
  return (
    <Table verticalSpacing={4} withRowBorders={false}>
      <Table.Tbody>
        {facts.map(([name, value]) => (
          <Table.Tr key={name}>
            <Table.Th scope="row" ta="start" fw={400} c="dimmed" w="45%">
              {name}
            </Table.Th>
            <Table.Td className="wrap-anywhere">
              <bdi>{value}</bdi>
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
