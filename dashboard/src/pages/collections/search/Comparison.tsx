import { Alert } from '@mantine/core';
import { agreement } from './agreement';
import type { Answer } from './types';

interface Props {
  readonly left: Answer;
  readonly right: Answer;
}

/** How far two engines agree. */
export function Comparison({ left, right }: Props) {
  const { shared, inPlace, most } = agreement(left, right);
  const isSame = inPlace === most;
  return (
    <Alert color={isSame ? 'green' : 'yellow'} title={isSame ? 'The same list from both' : 'The lists differ'}>
      {shared} of {most} results are in both lists, {inPlace} of them at the same rank.
      {!isSame && ' Approximate indexes may miss different neighbours; an exact search may not.'}
    </Alert>
  );
}
