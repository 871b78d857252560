import './collections.css';
import { Route, Routes } from 'react-router';
import { CollectionPage } from './CollectionPage';
import { CollectionList } from './CollectionList';

/** The collections of the project, and each of them. */
export function Page() {
  return (
    <Routes>
      <Route index element={<CollectionList />} />
      <Route path=":collection/:tab?" element={<CollectionPage />} />
    </Routes>
  );
}
