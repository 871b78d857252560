import { Container, Paper, Text, Title } from '@mantine/core';
import { ProviderSignIn } from './ProviderSignIn';
import { hasSessionEnded } from './session';
import { SignInForm } from './SignInForm';

export function SignInPage() {
  return (
    <Container component="main" size={440} py={80}>
      <Title order={1} ta="center">
        ZeroDB
      </Title>
      <Text ta="center" c="dimmed" mb="xl">
        Sign in to the dashboard with an API key.
      </Text>
      {hasSessionEnded() && (
        <Text ta="center" mb="md" role="status">
          Your session has ended. Sign in again.
        </Text>
      )}
      <Paper withBorder p="lg" radius="md">
        <ProviderSignIn />
        <SignInForm />
      </Paper>
      <Text size="sm" c="dimmed" mt="md">
        Key and session stay in this page&apos;s memory. Reloading or closing the page forgets them.
      </Text>
    </Container>
  );
}
