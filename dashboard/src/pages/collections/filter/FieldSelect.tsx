import { Select, type SelectProps } from '@mantine/core';
import { useState } from 'react';

interface Props extends Pick<SelectProps, 'label' | 'placeholder' | 'clearable' | 'clearButtonProps' | 'w'> {
  readonly fields: readonly string[];
  /** Empty: none. */
  readonly value: string;
  readonly onChange: (field: string) => void;
}

/** Chooses a field: a known one, or any other by its name. */
export function FieldSelect({ fields, value, onChange, ...props }: Props) {
  const [typed, setTyped] = useState('');
  const names = new Set([...fields, value, typed].filter((name) => name !== ''));
  return (
    <Select
      {...props}
      data={[...names]}
      value={value === '' ? null : value}
      allowDeselect={false}
      searchable
      searchValue={typed}
      onSearchChange={setTyped}
      onChange={(field) => onChange(field ?? '')}
      limit={50}
    />
  );
}
