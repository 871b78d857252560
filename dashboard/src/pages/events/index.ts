export { PageEvents as Page } from './PageEvents';
