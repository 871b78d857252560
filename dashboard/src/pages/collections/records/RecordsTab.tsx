import { Button, Group, Select, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { DataTable, type Column } from '../../../components/DataTable';
import { Empty } from '../../../components/Empty';
import { Loading } from '../../../components/Loading';
import { LongText } from '../../../components/LongText';
import { Problem } from '../../../components/Problem';
import { useMay } from '../../../session/use-session';
import { build, NO_FILTER } from '../filter/draft';
import { FieldSelect } from '../filter/FieldSelect';
import { FilterBuilder } from '../filter/FilterBuilder';
import { useFields } from '../filter/use-fields';
import { Pager } from '../Pager';
import type { Collection, Filter, StoredRecord } from '../types';
import { usePages } from '../use-pages';
import { count, time } from '../words';
import { NewRecord } from './NewRecord';
import { RecordDrawer } from './RecordDrawer';
import { useRecordCount, useRecords, type Sort } from './use-records';

interface Props {
  readonly collection: Collection;
}

const COLUMNS: readonly Column<StoredRecord>[] = [
  { key: 'id', header: 'Id', render: ({ id }) => <bdi className="wrap-anywhere record-id">{id}</bdi> },
  { key: 'text', header: 'Text', render: ({ text }) => excerpt(text) },
  { key: 'metadata', header: 'Metadata', render: ({ metadata }) => excerpt(JSON.stringify(metadata ?? {})) },
  {
    key: 'updated_at',
    header: 'Changed',
    render: ({ updated_at }) => <span className="one-line">{time(updated_at)}</span>,
  },
];

const excerpt = (text: string | undefined) =>
  text === undefined ? (
    '–'
  ) : (
    <div className="record-part">
      <LongText value={text} max={160} />
    </div>
  );

/** Every record, or those that a filter selects, a page at a time. */
export function RecordsTab({ collection }: Props) {
  const [draft, setDraft] = useState(NO_FILTER);
  const [applied, setApplied] = useState<Filter>();
  const [sort, setSort] = useState<Sort>({ field: '@id', order: 'asc' });
  const [opened, setOpened] = useState<string>();
  const fields = useFields(collection);
  const mayWrite = useMay('write');
  const pages = usePages();
  const records = useRecords(collection.name, { filter: applied, sort, after: pages.after });
  const matching = useRecordCount(collection.name, applied);
  const built = build(draft);
  const apply = (filter: Filter | undefined): void => {
    setApplied(filter);
    pages.reset();
  };
  const choose = (next: Sort): void => {
    setSort(next);
    pages.reset();
  };
  return (
    <Stack gap="sm">
      <FilterBuilder draft={draft} onChange={setDraft} fields={fields} />
      <Group align="flex-end" gap="xs">
        <Button disabled={'fault' in built} onClick={() => 'filter' in built && apply(built.filter)}>
          Apply the filter
        </Button>
        {applied && (
          <Button variant="default" onClick={() => apply(undefined)}>
            Show all
          </Button>
        )}
        <SortChoice sort={sort} onChange={choose} fields={fields.map(({ name }) => name)} />
        {mayWrite && <NewRecord collection={collection} />}
      </Group>
      <Text size="sm" role="status">
        {matching.data === undefined ? '' : `${count(matching.data)} records${applied ? ' match the filter' : ''}`}
      </Text>
      {records.error && <Problem error={records.error} onRetry={() => void records.refetch()} />}
      {records.isPending && <Loading label="Loading records" />}
      {records.data?.data.length === 0 && <Empty title={applied ? 'No record matches the filter' : 'No records yet'} />}
      {records.data && records.data.data.length > 0 && (
        <DataTable
          caption="Records of the collection"
          columns={COLUMNS}
          rows={records.data.data}
          rowKey={({ id }) => id}
          onRowClick={({ id }) => setOpened(id)}
        />
      )}
      <Pager pages={pages} nextCursor={records.data?.next_cursor} of="records" />
      <RecordDrawer collection={collection} id={opened} onClose={() => setOpened(undefined)} />
    </Stack>
  );
}

interface SortProps {
  readonly sort: Sort;
  readonly onChange: (sort: Sort) => void;
  readonly fields: readonly string[];
}

function SortChoice({ sort, onChange, fields }: SortProps) {
  const others = fields.filter((field) => field !== '@id' && field !== '@text');
  return (
    <>
      <FieldSelect
        label="Sorted by"
        fields={['@id', ...others]}
        value={sort.field}
        onChange={(field) => onChange({ ...sort, field })}
        w={180}
      />
      <Select
        label="Order"
        data={[
          { value: 'asc', label: 'rising' },
          { value: 'desc', label: 'falling' },
        ]}
        value={sort.order}
        allowDeselect={false}
        onChange={(order) => onChange({ ...sort, order: order === 'desc' ? 'desc' : 'asc' })}
        w={110}
      />
    </>
  );
}
