import { Stack } from '@mantine/core';
import { Loading } from '../../components/Loading';
import { PageHeader } from '../../components/PageHeader';
import { Problem } from '../../components/Problem';
import { useServices } from '../../services/use-services';
import { ChaosResults } from './ChaosResults';
import { OperationsList } from './OperationsList';
import { ServiceSection } from './ServiceSection';

/** The services one by one: what is known of them, and what an operator may do. */
export function Page() {
  const { data: services, error, refetch } = useServices();
  return (
    <>
      <PageHeader title="Services" description="What stands behind ZeroDB: take it out, let it back, build it anew." />
      {error && <Problem error={error} onRetry={() => void refetch()} />}
      {!services && !error && <Loading label="Asking for the services" />}
      <Stack gap="md">
        {services?.map((service) => (
          <ServiceSection key={service.name} service={service} />
        ))}
        {services && <OperationsList />}
        {services && <ChaosResults />}
      </Stack>
    </>
  );
}
