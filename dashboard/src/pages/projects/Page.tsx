import { Tabs } from '@mantine/core';
import { PageHeader } from '../../components/PageHeader';
import { useMay, useSession } from '../../session/use-session';
import { Keys } from './Keys';
import { Projects } from './Projects';
import { Usage } from './Usage';

/** Tenants, their keys, and what they hold. */
export function Page() {
  const isRoot = useMay('root');
  const session = useSession();
  return (
    <>
      <PageHeader
        title="Projects and keys"
        description="A project is a tenant: projects cannot see each other's data."
      />
      <Tabs defaultValue="keys" keepMounted={false}>
        <Tabs.List mb="md">
          <Tabs.Tab value="keys">Keys</Tabs.Tab>
          <Tabs.Tab value="usage">Usage</Tabs.Tab>
          {isRoot && <Tabs.Tab value="projects">Projects</Tabs.Tab>}
        </Tabs.List>
        <Tabs.Panel value="keys">
          <Keys project={session?.project ?? ''} />
        </Tabs.Panel>
        <Tabs.Panel value="usage">
          <Usage />
        </Tabs.Panel>
        {isRoot && (
          <Tabs.Panel value="projects">
            <Projects />
          </Tabs.Panel>
        )}
      </Tabs>
    </>
  );
}
