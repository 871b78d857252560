export { PageMemory as Page } from './PageMemory';
