import { Container, Paper, Text, Title } from '@mantine/core';
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
      <Paper withBorder p="lg" radius="md">
        <SignInForm />
      </Paper>
      <Text size="sm" c="dimmed" mt="md">
        The key stays in this page&apos;s memory. Reloading or closing the page forgets it.
      </Text>
    </Container>
  );
}
