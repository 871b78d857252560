import { Select, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { api } from '../api/client';
import { chooseProject } from '../session/session';
import { useSession } from '../session/use-session';

/** The project that everything on the page is about: a choice for the root key, a name for others. */
export function ProjectSwitch() {
  const session = useSession();
  if (!session) return null;
  if (session.access !== 'root') {
    return (
      <Text size="sm" truncate maw="14rem">
        Project <bdi>{session.project}</bdi>
      </Text>
    );
  }
  return <RootProjectSwitch current={session.project} />;
}

function RootProjectSwitch({ current }: { readonly current: string }) {
  const { data } = useQuery({
    queryKey: ['projects', 'names'],
    queryFn: ({ signal }) => api.get('/v1/projects', { signal, query: { limit: 1000 } }),
  });
  const names = [...new Set([current, ...(data?.data ?? []).map(({ name }) => name)])].sort();
  return (
    <Select
      aria-label="Project"
      data={names}
      value={current}
      w={{ base: 130, sm: 200 }}
      size="sm"
      searchable={names.length > 10}
      allowDeselect={false}
      onChange={(name) => {
        if (name !== null) chooseProject(name);
      }}
    />
  );
}
