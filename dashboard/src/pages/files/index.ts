export { PageFiles as Page } from './PageFiles';
