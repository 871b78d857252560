import './overview.css';
import { Alert, SimpleGrid, Stack, Title } from '@mantine/core';
import { IconArrowsExchange } from '@tabler/icons-react';
import { useMemo } from 'react';
import { Loading } from '../../components/Loading';
import { PageHeader } from '../../components/PageHeader';
import { Silent } from '../../components/Silent';
import { Problem } from '../../components/Problem';
import { servingOf } from '../../services/serving';
import { useServices } from '../../services/use-services';
import { useTransitions } from '../../services/use-transitions';
import { Announcer } from './Announcer';
import { DriftMeter } from './DriftMeter';
import { ServiceCard } from './ServiceCard';
import { ServiceMap } from './ServiceMap';
import { ServingTable } from './ServingTable';
import { Timeline } from './Timeline';
import { Traffic } from './Traffic';
import { useTraffic } from './use-traffic';

/** Who serves what at this moment, and how well. */
export function Page() {
  const { services = [], lastKnown, silentSince, error, refetch } = useServices();
  const snapshots = useTraffic();
  const transitions = useTransitions(lastKnown);
  const spoolBytes = snapshots.at(-1)?.spoolBytes ?? 0;
  const serving = useMemo(() => servingOf(services, { spoolBytes }), [services, spoolBytes]);
  const standIns = serving.filter(({ mode }) => mode === 'stand-in' || mode === 'nobody');
  return (
    <>
      <PageHeader title="Overview" description="Which service answers what, as seen by this process, twice a second." />
      {silentSince !== undefined && <Silent since={silentSince} />}
      {error && silentSince === undefined && <Problem error={error} onRetry={refetch} />}
      {services.length === 0 && !error && <Loading label="Loading the services" />}
      {services.length > 0 && (
        <Stack gap="md">
          <Announcer services={services} serving={serving} />
          {standIns.length > 0 && (
            <Alert
              color="orange"
              icon={<IconArrowsExchange aria-hidden />}
              title="Some requests are not served by the preferred service"
            >
              {standIns.map(({ capability, servedBy }) => `${capability}: ${servedBy}`).join('. ')}.
            </Alert>
          )}
          <section className="wide-only" aria-label="Map">
            <ServiceMap services={services} serving={serving} />
          </section>
          <ServingTable serving={serving} />
          <Title order={2} size="h4">
            Services
          </Title>
          <SimpleGrid cols={{ base: 1, xs: 2, md: 3, lg: 5 }}>
            {services.map((service) => (
              <ServiceCard key={service.name} service={service} />
            ))}
          </SimpleGrid>
          <DriftMeter />
          <Timeline services={services} transitions={transitions} />
          <Title order={2} size="h4">
            Traffic of this process
          </Title>
          <Traffic snapshots={snapshots} />
        </Stack>
      )}
    </>
  );
}
