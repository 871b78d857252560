import { Alert, Button, List, Text } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { ApiError, UnreachableError } from '../api/problem';

interface Props {
  readonly error: unknown;
  readonly onRetry?: () => void;
}

const HINTS: Readonly<Record<number, string>> = {
  403: 'Sign in with a key that has this permission.',
  429: 'Too many requests in a short time.',
  503: 'Nothing was changed. A service it needs is temporarily unavailable.',
};

const NO_CONNECTION = { title: 'No connection', detail: 'ZeroDB cannot be reached. It may be restarting.' };

/** What went wrong, as the API says it, and a way to try again. */
export function Problem({ error, onRetry }: Props) {
  const { title, detail, hint, errors, requestId } = described(error);
  // A single fault is told by the detail already.
  const listed = errors.length === 1 && detail.includes(errors[0]?.message ?? '') ? [] : errors;
  return (
    <Alert color="red" icon={<IconAlertTriangle aria-hidden />} title={title} role="alert" my="sm">
      <Text size="sm" className="wrap-anywhere" dir="auto">
        {detail} {hint}
      </Text>
      {listed.length > 0 && (
        <List size="sm" mt="xs">
          {listed.slice(0, 20).map(({ path, message }, index) => (
            <List.Item key={index} className="wrap-anywhere">
              <code>{path}</code>: {message}
            </List.Item>
          ))}
        </List>
      )}
      {requestId && (
        <Text size="xs" mt="xs">
          Request <code>{requestId}</code>
        </Text>
      )}
      {onRetry && (
        <Button mt="sm" size="xs" variant="default" onClick={onRetry}>
          Try again
        </Button>
      )}
    </Alert>
  );
}

function described(error: unknown) {
  if (error instanceof UnreachableError) return { ...NO_CONNECTION, hint: '', errors: [], requestId: undefined };
  if (error instanceof ApiError) {
    const { title, detail, status, errors, requestId, retryAfterSeconds } = error;
    const wait = retryAfterSeconds === undefined ? '' : ` Try again in ${retryAfterSeconds} s.`;
    return { title, detail, hint: `${HINTS[status] ?? ''}${wait}`, errors, requestId };
  }
  const detail = error instanceof Error ? error.message : String(error);
  return { title: 'Something went wrong', detail, hint: '', errors: [], requestId: undefined };
}
