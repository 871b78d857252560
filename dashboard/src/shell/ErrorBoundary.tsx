import { Component, type ReactNode } from 'react';
import { Problem } from '../components/Problem';
import { PageLoadError } from './page-load-error';

interface Props {
  readonly children: ReactNode;
}

interface State {
  readonly error?: unknown;
}

/** Keeps a fault of one page from taking the navigation with it. */
export class ErrorBoundary extends Component<Props, State> {
  override state: State = {};

  static getDerivedStateFromError(error: unknown): State {
    return { error };
  }

  override render() {
    const { error } = this.state;
    if (error === undefined) return this.props.children;
    // A script that failed to load is not asked for again by the same page.
    const retry = error instanceof PageLoadError ? () => location.reload() : () => this.setState({ error: undefined });
    return <Problem error={error} onRetry={retry} />;
  }
}
