import { Stack } from '@mantine/core';
import { Loading } from '../../components/Loading';
import { PageHeader } from '../../components/PageHeader';
import { Silent } from '../../components/Silent';
import { Problem } from '../../components/Problem';
import { useServices } from '../../services/use-services';
import { BackgroundList } from './BackgroundList';
import { ChaosResults } from './ChaosResults';
import { OperationsList } from './OperationsList';
import { ServiceSection } from './ServiceSection';

/** The services one by one: what is known of them, and what an operator may do. */
export function Page() {
  const { services, silentSince, error, refetch } = useServices();
  return (
    <>
      <PageHeader title="Services" description="The services behind ZeroDB: drain, restore or rebuild them." />
      {silentSince !== undefined && <Silent since={silentSince} />}
      {error && silentSince === undefined && <Problem error={error} onRetry={refetch} />}
      {!services && !error && <Loading label="Loading the services" />}
      <Stack gap="md">
        {services?.map((service) => (
          <ServiceSection key={service.name} service={service} />
        ))}
        {services && <OperationsList />}
        {services && <BackgroundList />}
        {services && <ChaosResults />}
      </Stack>
    </>
  );
}
