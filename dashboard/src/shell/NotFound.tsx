import { Anchor } from '@mantine/core';
import { Link } from 'react-router';
import { Empty } from '../components/Empty';
import { PageHeader } from '../components/PageHeader';

export function NotFound() {
  return (
    <>
      <PageHeader title="No such page" />
      <Empty
        title="There is nothing at this address."
        hint={
          <Anchor component={Link} to="/">
            Go to the overview
          </Anchor>
        }
      />
    </>
  );
}
