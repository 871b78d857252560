import { Button, Divider, Stack, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { useNavigate } from 'react-router';
import { ZeroDbClient } from '../../../src/client';
import { Problem } from '../components/Problem';
import type { Provider } from './provider';
import { asProblem, finishSignIn, isReturning, startSignIn } from './sign-in-flow';

const guest = new ZeroDbClient({ url: '', retries: 0 });
/** A code is exchanged once, however often React mounts this. */
let finishing: Promise<void> | undefined;

/** A button for each identity provider; nothing where none is configured. */
export function ProviderSignIn() {
  const navigate = useNavigate();
  const [error, setError] = useState<unknown>();
  const [isBusy, setBusy] = useState(isReturning);
  const [project, setProject] = useState('');
  const { data } = useQuery({
    queryKey: ['sign-in'],
    queryFn: ({ signal }) => guest.get('/v1/sign-in', { signal }),
  });
  useEffect(() => {
    if (isReturning()) {
      const { search } = location;
      // A reload, or the way back, must not send the code again.
      void navigate('/', { replace: true });
      finishing = finishSignIn(search);
    }
    finishing
      ?.catch((fault: unknown) => setError(asProblem(fault)))
      .finally(() => {
        finishing = undefined;
        setBusy(false);
      });
  }, [navigate]);
  const providers = data?.providers ?? [];
  const start = (provider: Provider) => {
    setBusy(true);
    setError(undefined);
    startSignIn(provider, project.trim()).catch((fault: unknown) => {
      setError(asProblem(fault));
      setBusy(false);
    });
  };
  if (providers.length === 0 && error === undefined) return null;
  return (
    <Stack gap="md" mb="md">
      {error !== undefined && <Problem error={error} />}
      {providers.map((provider) => (
        <Button key={provider.issuer} variant="default" loading={isBusy} onClick={() => start(provider)}>
          Sign in with {provider.label}
        </Button>
      ))}
      {providers.length > 0 && (
        <>
          <TextInput
            label="Project"
            description="Only for accounts with several projects."
            autoComplete="off"
            value={project}
            onChange={(event) => setProject(event.currentTarget.value)}
          />
          <Divider label="or with an API key" />
        </>
      )}
    </Stack>
  );
}
