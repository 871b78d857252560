import { useEffect, useState, type ReactNode } from 'react';

interface Props {
  readonly isSeen: boolean;
  readonly children: ReactNode;
}

/** Mounts its content when it is first seen, and keeps it then: a hidden tab asks the server nothing. */
export function OnceSeen({ isSeen, children }: Props) {
  const [wasSeen, setSeen] = useState(isSeen);
  useEffect(() => {
    if (isSeen) setSeen(true);
  }, [isSeen]);
  return isSeen || wasSeen ? children : null;
}
