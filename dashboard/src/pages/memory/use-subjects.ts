import { useQuery } from '@tanstack/react-query';
import { useDebouncedValue } from '@mantine/hooks';
import { api } from '../../api/client';
import { useMay } from '../../session/use-session';

const TYPING_MS = 200;
const SUGGESTIONS = 20;
const NO_SUBJECTS: readonly string[] = [];

/** Users with memories whose id begins as typed. None for keys that may not list them: suggestions are a help alone. */
export const useSubjects = (typed: string): string[] => {
  const [prefix] = useDebouncedValue(typed, TYPING_MS);
  const mayList = useMay('admin');
  const { data = NO_SUBJECTS } = useQuery({
    queryKey: ['memory', 'subjects', prefix],
    queryFn: async ({ signal }) => {
      const page = await api.get('/v1/subjects', { signal, query: { prefix, limit: SUGGESTIONS } });
      return page.data.map(({ user_id }) => user_id);
    },
    enabled: mayList,
  });
  return [...data];
};
