import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { declaredMetrics } from '../../src/generate/declared-metrics';
import { describeWith } from '../support/services';
import { filesBelow, programNamed, projectRoot, seriesIn, seriesNames, textOf, yamlOf } from '../support/stack-files';

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly runbook: string };
}

interface Rules {
  readonly groups: readonly { readonly rules: readonly Rule[] }[];
}

interface RuleTests {
  readonly tests: readonly { readonly alert_rule_test: readonly { alertname: string; exp_alerts: unknown[] }[] }[];
}

interface Panel {
  readonly title: string;
  readonly type: string;
  readonly targets?: readonly { readonly expr: string }[];
}

const rulesIn = (rules: Rules): readonly Rule[] => rules.groups.flatMap((group) => group.rules);
const unknownIn = (expression: string): string[] => seriesIn(expression).filter((name) => !seriesNames().has(name));

describe('the names of metrics', () => {
  it('are stable: prefix, unit, and `_total` for what only grows', () => {
    const ours = declaredMetrics().filter(({ name }) => name.startsWith('zerodb_'));
    expect(ours.length).toBeGreaterThan(40);
    for (const { name, kind, help } of ours) {
      expect(name).toMatch(/^zerodb_[a-z_]+$/);
      expect(help).toMatch(/\.$/);
      expect(name.endsWith('_total')).toBe(kind === 'counter');
    }
  });

  // Projects are named by the operator, and only those with quotas are labels.
  it('have no label that could hold what a client sent', () => {
    const labels = new Set(
      declaredMetrics().flatMap((metric) => (metric.name.startsWith('zerodb_') ? metric.labels : [])),
    );
    const closed =
      'route method status service direction outcome state from to follower collection kind served_by reason store';
    const known = [
      ...closed.split(' '),
      'mode',
      'pool',
      'version',
      'role',
      'engine',
      'operation',
      'name',
      'project',
      'quota',
    ];
    expect([...labels].filter((label) => !known.includes(label))).toEqual([]);
  });
});

describe('the alerts', () => {
  const rules = rulesIn(yamlOf<Rules>('deploy/prometheus/rules.yml'));

  it.each(rules)('$alert uses metrics that exist, and is explained', ({ alert, expr, labels, annotations }) => {
    expect(unknownIn(expr)).toEqual([]);
    expect(['warning', 'critical']).toContain(labels.severity);
    expect(annotations.runbook).toBe(`docs/operations.md#${alert.toLowerCase()}`);
    expect(textOf('docs/operations.md')).toMatch(new RegExp(`^#+ ${alert}$`, 'm'));
  });

  it('have each a case that fires and one that does not', () => {
    const { tests } = yamlOf<RuleTests>('deploy/prometheus/rules.test.yml');
    const cases = tests.flatMap((test) => test.alert_rule_test);
    const those = (fires: boolean): string[] =>
      cases.filter(({ exp_alerts: alerts }) => alerts.length > 0 === fires).map(({ alertname }) => alertname);
    const names = rules.map(({ alert }) => alert).sort();
    expect(those(true).sort()).toEqual(names);
    expect(those(false).sort()).toEqual(names);
  });

  it('are the same in the cluster', () => {
    const { spec } = yamlOf<{ spec: Rules }>('k8s/monitoring/rules.yaml');
    expect(spec).toEqual(yamlOf<Rules>('deploy/prometheus/rules.yml'));
  });
});

describe('the dashboards', () => {
  const dashboards = filesBelow('deploy/grafana/dashboards', '.json').map((file) => {
    const parsed = JSON.parse(textOf(file)) as { uid: string; panels: Panel[] };
    return { file, ...parsed };
  });
  const shown = dashboards.flatMap(({ panels }) =>
    panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)),
  );

  it('use metrics that exist', () => {
    expect(dashboards.length).toBeGreaterThan(0);
    expect(shown.flatMap(unknownIn)).toEqual([]);
  });

  it('show every metric of the product but the one that names it', () => {
    const used = new Set(shown.flatMap(seriesIn).map((name) => name.replace(/_(bucket|sum|count)$/, '')));
    const ours = declaredMetrics().filter(({ name }) => name.startsWith('zerodb_') && name !== 'zerodb_build_info');
    expect(ours.map(({ name }) => name).filter((name) => !used.has(name))).toEqual([]);
  });

  it('have panels with a title and a query', () => {
    const bare = dashboards
      .flatMap(({ panels }) => panels)
      .filter(({ type, targets }) => type !== 'row' && !targets?.[0]?.expr);
    expect(bare).toEqual([]);
  });
});

describeWith(programNamed('promtool'))('promtool', () => {
  const promtool = async (...args: string[]): Promise<string> => {
    const cwd = path.join(projectRoot(), 'deploy', 'prometheus');
    const { stdout, stderr } = await promisify(execFile)(programNamed('promtool') ?? '', args, {
      cwd,
      timeout: 30_000,
    });
    return stdout + stderr;
  };

  it('finds configuration and rules in order', async () => {
    expect(await promtool('check', 'config', 'prometheus.yml')).toContain('SUCCESS');
  });

  it('sees every alert fire when it must, and not otherwise', async () => {
    expect(await promtool('test', 'rules', 'rules.test.yml')).toContain('SUCCESS');
  });
});
