import {
  IconActivityHeartbeat,
  IconBolt,
  IconBrain,
  IconDatabase,
  IconFiles,
  IconKey,
  IconServer2,
} from '@tabler/icons-react';
import { lazy, type ComponentType } from 'react';
import { PageLoadError } from './shell/page-load-error';

export interface PageRoute {
  /** The page's own address and everything below it: a page makes its own `<Routes>`. */
  readonly to: string;
  readonly label: string;
  readonly icon: ComponentType<{ size?: number | string }>;
  readonly page: ComponentType;
}

type PageModule = Promise<{ readonly Page: ComponentType }>;

/** A page is loaded when it is first shown. */
const page = (load: () => PageModule) =>
  lazy(() =>
    load().then(
      ({ Page }) => ({ default: Page }),
      (error: unknown) => {
        throw new PageLoadError(error);
      },
    ),
  );

/** The pages, in the order of the navigation. */
export const ROUTES: readonly PageRoute[] = [
  { to: '/', label: 'Overview', icon: IconActivityHeartbeat, page: page(() => import('./pages/overview')) },
  { to: '/collections', label: 'Collections', icon: IconDatabase, page: page(() => import('./pages/collections')) },
  { to: '/memory', label: 'Memory', icon: IconBrain, page: page(() => import('./pages/memory')) },
  { to: '/files', label: 'Files', icon: IconFiles, page: page(() => import('./pages/files')) },
  { to: '/events', label: 'Events', icon: IconBolt, page: page(() => import('./pages/events')) },
  { to: '/services', label: 'Services', icon: IconServer2, page: page(() => import('./pages/services')) },
  { to: '/projects', label: 'Projects and keys', icon: IconKey, page: page(() => import('./pages/projects')) },
];
