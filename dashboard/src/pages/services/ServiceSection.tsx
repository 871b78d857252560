import { Accordion, Group, Paper, Text, Title } from '@mantine/core';
import { useState } from 'react';
import type { Operation } from '../../api/types';
import { JsonView } from '../../components/JsonView';
import { LongText } from '../../components/LongText';
import { OperationProgress } from '../../components/OperationProgress';
import { StateBadge } from '../../components/StateBadge';
import { dateTime } from '../../components/time';
import { SERVICE_TITLES, type Service } from '../../services/service';
import { CopyProgress } from './CopyProgress';
import { History } from './History';
import { ServiceActions } from './ServiceActions';

interface Props {
  readonly service: Service;
}

/** One service with its figures, its history and its buttons. */
export function ServiceSection({ service }: Props) {
  const { name, state, reason, since, endpoints } = service;
  const [rebuild, setRebuild] = useState<Operation>();
  return (
    <Paper withBorder p="md" radius="md" component="section" aria-label={SERVICE_TITLES[name]}>
      <Group justify="space-between" align="flex-start">
        <Group gap="xs">
          <Title order={2} size="h4">
            {SERVICE_TITLES[name]}
          </Title>
          <StateBadge state={state} />
        </Group>
        {state !== 'disabled' && state !== 'unknown' && <ServiceActions service={service} onRebuild={setRebuild} />}
      </Group>
      <Text size="sm" c="dimmed">
        Since {dateTime(since)}: <LongText value={reason} />
      </Text>
      {endpoints.length > 0 && (
        <Text size="sm" ff="monospace">
          <LongText value={endpoints.join(', ')} />
        </Text>
      )}
      {rebuild && <OperationProgress id={rebuild.id} label={`Rebuilding ${SERVICE_TITLES[name]}`} />}
      {name === 'qdrant' && state !== 'disabled' && <CopyProgress />}
      {state !== 'disabled' && (
        <Accordion multiple mt="xs" variant="filled">
          <Accordion.Item value="history">
            <Accordion.Control>History</Accordion.Control>
            <Accordion.Panel>
              <History name={name} since={since} />
            </Accordion.Panel>
          </Accordion.Item>
          <Accordion.Item value="details">
            <Accordion.Control>All details</Accordion.Control>
            <Accordion.Panel>
              <JsonView value={service} label={`${SERVICE_TITLES[name]} as JSON`} />
            </Accordion.Panel>
          </Accordion.Item>
        </Accordion>
      )}
    </Paper>
  );
}
