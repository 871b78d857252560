import { Button, Modal, Text } from '@mantine/core';
import { SignInForm } from './SignInForm';
import { signOut } from './session';
import { useSession } from './use-session';

/** Lies over the page when the key was refused. The page stays as it is, and what was refused is repeated. */
export function SignInAgain() {
  const session = useSession();
  return (
    <Modal
      opened={session?.isRefused ?? false}
      onClose={() => undefined}
      withCloseButton={false}
      closeOnClickOutside={false}
      closeOnEscape={false}
      title="Sign in again"
      centered
      zIndex={1000}
    >
      <Text mb="md">
        Your key has expired or was revoked. Nothing on the page is lost: it continues as soon as you have signed in.
      </Text>
      <SignInForm project={session?.project} />
      <Button mt="sm" variant="subtle" fullWidth onClick={() => signOut()}>
        Sign out instead
      </Button>
    </Modal>
  );
}
