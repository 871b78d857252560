import { Stack, Tabs } from '@mantine/core';
import { useSearchParams } from 'react-router';
import { Empty } from '../../components/Empty';
import { PageHeader } from '../../components/PageHeader';
import { useMay } from '../../session/use-session';
import { AddMemory } from './AddMemory';
import { EraseSubject } from './EraseSubject';
import { MemorySearch } from './MemorySearch';
import { MemoryTimeline } from './MemoryTimeline';
import { scopeName, useScope, type MemoryScope } from './scope';
import { ScopeForm } from './ScopeForm';

/** What agents keep about people and things, through time. */
export const PageMemory = () => {
  const { scope, setScope } = useScope();
  const name = scope && scopeName(scope);
  return (
    <Stack>
      <PageHeader
        title="Memory"
        description="Facts with their history: what is valid now, what was, and what replaced it."
      />
      <ScopeForm key={name} scope={scope} onChange={setScope} />
      {scope ? (
        <MemoryTabs key={name} scope={scope} />
      ) : (
        <Empty title="Whose memories?" hint="Name a user, an agent or a session above." />
      )}
    </Stack>
  );
};

const MemoryTabs = ({ scope }: { readonly scope: MemoryScope }) => {
  const [params, setParams] = useSearchParams();
  const mayWrite = useMay('write');
  const choose = (tab: string | null): void =>
    setParams((before) => {
      const after = new URLSearchParams(before);
      after.set('tab', tab ?? 'timeline');
      return after;
    });
  return (
    <Tabs value={params.get('tab') ?? 'timeline'} onChange={choose}>
      <Tabs.List aria-label="Actions on these memories">
        <Tabs.Tab value="timeline">Timeline</Tabs.Tab>
        <Tabs.Tab value="search">Search</Tabs.Tab>
        {mayWrite && <Tabs.Tab value="add">Add</Tabs.Tab>}
        {mayWrite && <Tabs.Tab value="erase">Erase</Tabs.Tab>}
      </Tabs.List>
      <Tabs.Panel value="timeline" pt="md">
        <MemoryTimeline scope={scope} />
      </Tabs.Panel>
      <Tabs.Panel value="search" pt="md">
        <MemorySearch scope={scope} />
      </Tabs.Panel>
      <Tabs.Panel value="add" pt="md">
        <AddMemory scope={scope} />
      </Tabs.Panel>
      <Tabs.Panel value="erase" pt="md">
        <EraseSubject userId={scope.user_id} />
      </Tabs.Panel>
    </Tabs>
  );
};
