import { PageHeader } from '../../components/PageHeader';

export function Page() {
  return <PageHeader title="Projects" />;
}
