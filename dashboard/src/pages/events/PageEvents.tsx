import { Stack } from '@mantine/core';
import { useSearchParams } from 'react-router';
import { PageHeader } from '../../components/PageHeader';
import { SubscriptionList } from './SubscriptionList';
import { SubscriptionView } from './SubscriptionView';
import { TopicList } from './TopicList';
import { TopicView } from './TopicView';

/** Topics, what happens in them, and who takes it. What is looked at stands in the address. */
export const PageEvents = () => {
  const [params, setParams] = useSearchParams();
  const topic = params.get('topic');
  const subscription = params.get('subscription');
  if (topic !== null) return <TopicView key={topic} topic={topic} onLeave={() => setParams({})} />;
  if (subscription !== null) {
    return <SubscriptionView key={subscription} name={subscription} onLeave={() => setParams({})} />;
  }
  return (
    <Stack gap="lg">
      <PageHeader title="Events" description="Topics, their logs and their consumers." />
      <TopicList onOpen={(name) => setParams({ topic: name })} />
      <SubscriptionList onOpen={(name) => setParams({ subscription: name })} />
    </Stack>
  );
};
