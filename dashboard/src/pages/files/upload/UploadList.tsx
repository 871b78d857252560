import { Badge, Button, Group, Paper, Progress, Stack, Text, Title } from '@mantine/core';
import { Problem } from '../../../components/Problem';
import { bytes, shownKey } from '../format';
import classes from './UploadList.module.css';
import { uploads, type Upload, type UploadState } from './upload-queue';
import { useFreshFiles, useUploads } from './use-uploads';

/** More are counted, not listed. */
const MAX_SHOWN = 50;

/** Shows the progress of each upload, with buttons to pause, resume and cancel. */
export const UploadList = () => {
  const list = useUploads();
  useFreshFiles();
  if (list.length === 0) return null;
  const done = list.filter(({ state }) => state === 'done').length;
  return (
    <Paper component="section" withBorder p="sm" shadow="sm" className={classes.list} aria-labelledby="uploads">
      <Group justify="space-between" mb="xs">
        <Title order={2} size="h5" id="uploads">
          Uploads
        </Title>
        <Text size="sm" c="dimmed" role="status">
          {done} of {list.length} done
        </Text>
        {done > 0 && (
          <Button size="compact-sm" variant="default" onClick={() => uploads.clearDone()}>
            Clear finished uploads
          </Button>
        )}
      </Group>
      <Stack component="ul" gap="xs" m={0} p={0}>
        {list.slice(0, MAX_SHOWN).map((upload) => (
          <UploadRow key={upload.id} upload={upload} />
        ))}
      </Stack>
      {list.length > MAX_SHOWN && <Text size="sm">and {list.length - MAX_SHOWN} more</Text>}
    </Paper>
  );
};

const COLOURS: Readonly<Record<UploadState, string>> = {
  waiting: 'gray',
  sending: 'blue',
  paused: 'orange',
  exists: 'orange',
  failed: 'red',
  done: 'green',
};

const UploadRow = ({ upload }: { readonly upload: Upload }) => {
  const { file, bucket, key, state, sentBytes, error } = upload;
  const percent = file.size === 0 ? (state === 'done' ? 100 : 0) : Math.floor((sentBytes / file.size) * 100);
  return (
    <Stack component="li" gap={4} display="flex">
      <Group justify="space-between" gap="xs">
        <Text size="sm" className="wrap-anywhere">
          <bdi>
            {bucket}/{shownKey(key)}
          </bdi>
        </Text>
        <Group gap="xs">
          <Text size="sm" c="dimmed">
            {bytes(sentBytes)} of {bytes(file.size)}
          </Text>
          <Badge color={COLOURS[state]} variant="light">
            {state}
          </Badge>
          <UploadActions upload={upload} />
        </Group>
      </Group>
      <Progress value={percent} color={COLOURS[state]} aria-label={`Upload of ${key}`} />
      {state === 'failed' && <Problem error={error} />}
    </Stack>
  );
};

const UploadActions = ({ upload: { id, state, key } }: { readonly upload: Upload }) => {
  const button = (label: string, act: () => void) => (
    <Button size="compact-xs" variant="default" aria-label={`${label}: ${key}`} onClick={act}>
      {label}
    </Button>
  );
  switch (state) {
    case 'waiting':
      return button('Remove', () => uploads.remove(id));
    case 'sending':
      return button('Pause', () => uploads.pause(id));
    case 'exists':
      return (
        <>
          {button('Replace', () => uploads.replace(id))}
          {button('Skip', () => uploads.remove(id))}
        </>
      );
    case 'paused':
    case 'failed':
      return (
        <>
          {button(state === 'paused' ? 'Go on' : 'Try again', () => uploads.resume(id))}
          {button('Give up', () => void uploads.giveUp(id))}
        </>
      );
    case 'done':
      return null;
  }
};
