import { useCallback, useMemo } from 'react';
import { useSearchParams } from 'react-router';

export const SCOPE_FIELDS = ['user_id', 'agent_id', 'session_id'] as const;
export type ScopeField = (typeof SCOPE_FIELDS)[number];

/** Whose memories are shown. At least one field is given. */
export type MemoryScope = { readonly [field in ScopeField]?: string };

export const scopeName = (scope: MemoryScope): string =>
  SCOPE_FIELDS.flatMap((field) => (scope[field] === undefined ? [] : [`${LABELS[field]} ${scope[field]}`])).join(', ');

export const LABELS: Readonly<Record<ScopeField, string>> = {
  user_id: 'User',
  agent_id: 'Agent',
  session_id: 'Session',
};

/** The scope stands in the address, so that a view can be sent to a colleague and survives a reload. */
export const useScope = (): {
  readonly scope: MemoryScope | undefined;
  readonly setScope: (scope: MemoryScope) => void;
} => {
  const [params, setParams] = useSearchParams();
  const scope = useMemo((): MemoryScope | undefined => {
    const given = SCOPE_FIELDS.flatMap((field) => {
      const value = params.get(field);
      return value ? [[field, value] as const] : [];
    });
    return given.length === 0 ? undefined : Object.fromEntries(given);
  }, [params]);
  const setScope = useCallback(
    (next: MemoryScope) =>
      setParams((before) => {
        const after = new URLSearchParams(before);
        for (const field of SCOPE_FIELDS) {
          const value = next[field];
          if (value) after.set(field, value);
          else after.delete(field);
        }
        return after;
      }),
    [setParams],
  );
  return { scope, setScope };
};
