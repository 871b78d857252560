import { Group, NumberInput, Select, Switch } from '@mantine/core';
import { useMay } from '../../../session/use-session';
import { modeOf, type SearchForm } from './form';

interface Props {
  readonly form: SearchForm;
  readonly change: (part: Partial<SearchForm>) => void;
}

const MODES = [
  { value: 'hybrid', label: 'hybrid: meaning and words' },
  { value: 'vector', label: 'vector: meaning' },
  { value: 'keyword', label: 'keyword: words' },
];
const ENGINES = [
  { value: 'best', label: 'the preferred engine' },
  { value: 'both', label: 'both, side by side' },
];

export function SearchOptions({ form, change }: Props) {
  const mode = modeOf(form);
  const isAdmin = useMay('admin');
  return (
    <>
      <Group align="flex-end" gap="sm">
        <Select
          label="Mode"
          data={MODES}
          value={mode}
          disabled={form.by !== 'text'}
          allowDeselect={false}
          onChange={(chosen) => change({ mode: (chosen ?? 'hybrid') as SearchForm['mode'] })}
          w={240}
        />
        <NumberInput
          label="Limit"
          min={1}
          max={1000}
          value={form.limit}
          onChange={(limit) => change({ limit })}
          w={100}
        />
        {isAdmin && (
          <Select
            label="Engine"
            data={ENGINES}
            value={mode === 'keyword' ? 'best' : form.engines}
            disabled={mode === 'keyword'}
            allowDeselect={false}
            onChange={(chosen) => change({ engines: chosen === 'both' ? 'both' : 'best' })}
            w={200}
          />
        )}
        {mode === 'hybrid' ? (
          <Weights form={form} change={change} />
        ) : (
          <NumberInput
            label="Worst score"
            value={form.threshold}
            onChange={(threshold) => change({ threshold })}
            decimalScale={6}
            w={130}
          />
        )}
      </Group>
      <Group gap="lg">
        <Switch
          label="Exact: compare every vector"
          checked={form.exact}
          disabled={mode === 'keyword'}
          onChange={(event) => change({ exact: event.currentTarget.checked })}
        />
        <Switch
          label="Eventual: take Qdrant’s word, unchecked"
          checked={form.eventual}
          disabled={mode === 'keyword'}
          onChange={(event) => change({ eventual: event.currentTarget.checked })}
        />
      </Group>
    </>
  );
}

function Weights({ form, change }: Props) {
  const props = { min: 0, max: 1000, step: 0.1, decimalScale: 3, w: 130 };
  return (
    <>
      <NumberInput
        label="Meaning counts"
        value={form.vectorWeight}
        onChange={(vectorWeight) => change({ vectorWeight })}
        {...props}
      />
      <NumberInput
        label="Words count"
        value={form.keywordWeight}
        onChange={(keywordWeight) => change({ keywordWeight })}
        {...props}
      />
    </>
  );
}
