import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './App';
import { shareStyleNonce } from './theme/nonce';

const root = document.getElementById('root');
if (!root) throw new Error('The page has no root element.');
shareStyleNonce();
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
