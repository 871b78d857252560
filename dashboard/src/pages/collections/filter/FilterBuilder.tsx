import { Button, Code, Fieldset, Group, SegmentedControl, Select, Stack, Text, Textarea } from '@mantine/core';
import { useRef } from 'react';
import { ConditionRow } from './ConditionRow';
import { build, type Condition, type FilterDraft } from './draft';
import type { Field } from './fields-of';

interface Props {
  readonly draft: FilterDraft;
  readonly onChange: (draft: FilterDraft) => void;
  readonly fields: readonly Field[];
}

const JOINS = [
  { value: 'all', label: 'all of these hold' },
  { value: 'any', label: 'any of these holds' },
  { value: 'none', label: 'none of these holds' },
];

/** Puts a filter together without knowing its language, and shows what it says in it. */
export function FilterBuilder({ draft, onChange, fields }: Props) {
  const change = (part: Partial<FilterDraft>): void => onChange({ ...draft, ...part });
  const built = build(draft);
  const toJson = (): void => {
    const filter = 'filter' in built ? (built.filter ?? {}) : {};
    change({ mode: 'json', json: JSON.stringify(filter, null, 2) });
  };
  return (
    <Fieldset legend="Filter">
      <Stack gap="sm">
        <SegmentedControl
          aria-label="How to write the filter"
          maw={240}
          data={[
            { value: 'conditions', label: 'Conditions' },
            { value: 'json', label: 'JSON' },
          ]}
          value={draft.mode}
          onChange={(mode) => (mode === 'json' ? toJson() : change({ mode: 'conditions' }))}
        />
        {draft.mode === 'json' ? (
          <Textarea
            label="Filter as JSON"
            autosize
            minRows={3}
            maxRows={16}
            value={draft.json}
            error={'fault' in built ? built.fault : undefined}
            onChange={(event) => change({ json: event.currentTarget.value })}
            classNames={{ input: 'monospace' }}
          />
        ) : (
          <Conditions draft={draft} change={change} fields={fields} />
        )}
        {draft.mode === 'conditions' && draft.conditions.length > 0 && (
          <Text size="sm" component="div">
            {'fault' in built ? (
              <Text c="var(--mantine-color-error)" size="sm">
                {built.fault}
              </Text>
            ) : (
              <Code block dir="auto" className="wrap-anywhere">
                {JSON.stringify(built.filter)}
              </Code>
            )}
          </Text>
        )}
      </Stack>
    </Fieldset>
  );
}

interface ConditionsProps {
  readonly draft: FilterDraft;
  readonly change: (part: Partial<FilterDraft>) => void;
  readonly fields: readonly Field[];
}

function Conditions({ draft, change, fields }: ConditionsProps) {
  const { conditions, join } = draft;
  const lastKey = useRef(conditions.reduce((last, { key }) => Math.max(last, key), 0));
  const add = (): void => {
    lastKey.current += 1;
    const condition: Condition = { key: lastKey.current, field: '', operator: '$eq', type: 'text', value: '' };
    change({ conditions: [...conditions, condition] });
  };
  const replace = (changed: Condition): void =>
    change({ conditions: conditions.map((one) => (one.key === changed.key ? changed : one)) });
  const remove = (gone: Condition): void => change({ conditions: conditions.filter((one) => one !== gone) });
  return (
    <>
      {conditions.length > 1 && (
        <Select
          label="Records of which"
          data={JOINS}
          value={join}
          maw={260}
          allowDeselect={false}
          onChange={(chosen) => change({ join: (chosen ?? 'all') as FilterDraft['join'] })}
        />
      )}
      {conditions.map((condition, index) => (
        <ConditionRow
          key={condition.key}
          condition={condition}
          number={index + 1}
          fields={fields}
          onChange={replace}
          onRemove={() => remove(condition)}
        />
      ))}
      <Group>
        <Button size="xs" variant="default" onClick={add}>
          Add a condition
        </Button>
      </Group>
    </>
  );
}
