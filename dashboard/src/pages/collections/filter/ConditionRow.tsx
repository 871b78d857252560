import { ActionIcon, Autocomplete, Group, Select, TextInput } from '@mantine/core';
import { IconX } from '@tabler/icons-react';
import { OPERATORS, takesList, takesNoType, type Condition, type Operator, type ValueType } from './draft';
import type { Field } from './fields-of';

interface Props {
  readonly condition: Condition;
  /** From 1, for screen readers. */
  readonly number: number;
  readonly fields: readonly Field[];
  readonly onChange: (condition: Condition) => void;
  readonly onRemove: () => void;
}

const YES_NO = ['yes', 'no'];

export function ConditionRow({ condition, number, fields, onChange, onRemove }: Props) {
  const { field, operator, type } = condition;
  const change = (part: Partial<Condition>): void => onChange({ ...condition, ...part });
  const setField = (name: string): void => {
    const known = fields.find((one) => one.name === name);
    change({ field: name, ...(known && { type: known.type }) });
  };
  return (
    <Group gap="xs" align="flex-end" role="group" aria-label={`Condition ${number}`}>
      <Autocomplete
        aria-label="Field"
        placeholder="Field"
        data={fields.map(({ name }) => name)}
        value={field}
        onChange={setField}
        flex="1 1 9rem"
        limit={50}
      />
      <Select
        aria-label="Comparison"
        data={OPERATORS.map(({ value, label }) => ({ value, label }))}
        value={operator}
        onChange={(chosen) => change({ operator: (chosen ?? '$eq') as Operator })}
        allowDeselect={false}
        w={150}
      />
      {!takesNoType(operator) && (
        <Select
          aria-label="Kind of value"
          data={['text', 'number', 'yes/no']}
          value={type}
          onChange={(chosen) => change({ type: (chosen ?? 'text') as ValueType })}
          allowDeselect={false}
          w={110}
        />
      )}
      <ValueInput condition={condition} onChange={(value) => change({ value })} />
      <ActionIcon variant="default" size="lg" aria-label={`Remove condition ${number}`} onClick={onRemove}>
        <IconX size={16} aria-hidden />
      </ActionIcon>
    </Group>
  );
}

function ValueInput({ condition, onChange }: { condition: Condition; onChange: (value: string) => void }) {
  const { operator, type, value } = condition;
  const isChoice = operator === '$exists' || (type === 'yes/no' && !takesList(operator) && operator !== '$text');
  if (isChoice) {
    return (
      <Select
        aria-label="Value"
        data={YES_NO}
        value={value === 'no' ? 'no' : 'yes'}
        allowDeselect={false}
        flex="1 1 9rem"
        onChange={(chosen) => onChange(chosen ?? 'yes')}
      />
    );
  }
  return (
    <TextInput
      aria-label="Value"
      placeholder={takesList(operator) ? 'Values, separated by commas' : 'Value'}
      value={value}
      dir="auto"
      flex="1 1 9rem"
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}
