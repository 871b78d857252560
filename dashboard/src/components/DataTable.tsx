import { Table, UnstyledButton } from '@mantine/core';
import type { ReactNode } from 'react';
import { LongText } from './LongText';

export interface Column<Row> {
  readonly key: string;
  readonly header: ReactNode;
  /** Default: the row's own field called `key`, as text. */
  readonly render?: (row: Row) => ReactNode;
  /** Numbers stand at the end. */
  readonly align?: 'start' | 'end';
}

interface Props<Row> {
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly rowKey: (row: Row) => string;
  /** The first cell becomes a button for the keyboard. */
  readonly onRowClick?: (row: Row) => void;
  /** What the table holds, for screen readers. */
  readonly caption: string;
}

/** A table that scrolls sideways on a narrow screen. */
export function DataTable<Row>({ columns, rows, rowKey, onRowClick, caption }: Props<Row>) {
  return (
    <div className="table-scroll" role="region" aria-label={caption} tabIndex={0}>
      <Table highlightOnHover={onRowClick !== undefined} verticalSpacing="xs">
        <caption className="visually-hidden">{caption}</caption>
        <Table.Thead>
          <Table.Tr>
            {columns.map(({ key, header, align }) => (
              <Table.Th key={key} ta={align ?? 'start'} scope="col">
                {header}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map((row) => (
            <Table.Tr key={rowKey(row)} onClick={onRowClick && (() => onRowClick(row))} data-clickable={!!onRowClick}>
              {columns.map((column, index) => (
                <Table.Td key={column.key} ta={column.align ?? 'start'}>
                  {index === 0 && onRowClick ? (
                    <UnstyledButton className="row-button">{cell(column, row)}</UnstyledButton>
                  ) : (
                    cell(column, row)
                  )}
                </Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </div>
  );
}

function cell<Row>({ key, render }: Column<Row>, row: Row): ReactNode {
  if (render) return render(row);
  const value = (row as Record<string, unknown>)[key];
  if (value === null || value === undefined) return '–';
  return <LongText value={typeof value === 'string' ? value : JSON.stringify(value)} max={120} />;
}
