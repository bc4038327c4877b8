// The folders of all clusters, one App per cluster and one Chart per file: node main.js VALUES OUT
'use strict';
const fs = require('fs');
const path = require('path');
const { ApiObject, App, Chart, JsonPatch } = require('cdk8s');

const [values, out] = process.argv.slice(2);
const mesh = JSON.parse(fs.readFileSync(values, 'utf8'));

const WAVES = {
  'namespaces': 0,
  'remote-secret': 10,
  'base': 15,
  'control-plane': 20,
  'east-west-gateway': 30,
  'exposure': 40,
  'policies': 50,
  'workloads': 60,
};
const RENDERED = new Set(['base', 'control-plane', 'east-west-gateway']);
const SHARED = new Set(['namespaces', 'exposure', 'policies', 'workloads']);
const WEBHOOKS = 'admissionregistration.k8s.io';
const CONFIRM = { 'argocd.argoproj.io/sync-options': 'Prune=confirm,Delete=confirm' };
const READER = `istio-reader-${mesh.primary.name}`;

class Application extends ApiObject {
  constructor(scope, cluster, stage) {
    const secret = stage === 'remote-secret';
    const paths = ['.'];
    if (SHARED.has(stage)) paths.push(`../../../bases/${stage}`);
    if (stage === 'namespaces' && cluster.remote) paths.push(`../../../bases/readers/${mesh.primary.name}`);
    const folder = secret ? `${mesh.primary.name}/remote-secrets/${cluster.name}` : `${cluster.name}/${stage}`;
    const syncOptions = ['FailOnSharedResource=true'];
    if (stage === 'base') syncOptions.push('ServerSideApply=true', 'Prune=confirm', 'Delete=confirm');
    if (stage === 'control-plane') syncOptions.push('RespectIgnoreDifferences=true');
    super(scope, 'application', {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'Application',
      metadata: {
        name: `${mesh.mesh}-${cluster.name}-${stage}`,
        namespace: mesh.argocd,
        labels: {
          'app.kubernetes.io/part-of': mesh.mesh,
          'mcgen/cluster': cluster.name,
          'mcgen/stage': stage,
        },
        annotations: {
          'argocd.argoproj.io/manifest-generate-paths': paths.join(';'),
          'argocd.argoproj.io/sync-wave': String(WAVES[stage]),
        },
      },
      spec: {
        project: mesh.mesh,
        source: {
          repoURL: mesh.repo,
          targetRevision: mesh.revision,
          path: `${mesh.path}/clusters/${folder}`,
          plugin: RENDERED.has(stage) ? { name: mesh.plugin } : undefined,
        },
        destination: {
          name: secret ? mesh.primary.name : cluster.name,
          namespace: stage === 'workloads' ? mesh.demo : 'istio-system',
        },
        ignoreDifferences: stage === 'control-plane' ? differences(cluster) : undefined,
        syncPolicy: {
          automated: { prune: true, selfHeal: true },
          syncOptions,
          retry: { limit: -1, refresh: true, backoff: { duration: '10s', factor: 2, maxDuration: '5m' } },
        },
      },
    });
  }
}

function differences(cluster) {
  const ca = '.webhooks[]?.clientConfig.caBundle';
  return [
    { group: WEBHOOKS, kind: 'MutatingWebhookConfiguration', jqPathExpressions: [ca] },
    cluster.remote
      ? { group: 'discovery.k8s.io', kind: 'EndpointSlice', jqPathExpressions: ['.endpoints[]?.conditions'] }
      : { group: WEBHOOKS, kind: 'ValidatingWebhookConfiguration', jqPathExpressions: [ca, '.webhooks[]?.failurePolicy'] },
  ];
}

class Kustomization extends ApiObject {
  constructor(scope, fields) {
    super(scope, 'kustomization', {
      apiVersion: 'kustomize.config.k8s.io/v1beta1',
      kind: 'Kustomization',
      ...fields,
    });
    // cdk8s names every object, and a Kustomization has no name.
    this.addJsonPatch(JsonPatch.remove('/metadata'));
  }
}

function kustomization(cluster, stage) {
  if (RENDERED.has(stage)) return { resources: ['istio-operator.yaml'] };
  if (stage === 'remote-secret') return { resources: ['sealed-secret.yaml'], commonAnnotations: CONFIRM };
  const base = `../../../bases/${stage}`;
  if (stage === 'policies') return { resources: [base] };
  if (stage === 'exposure') {
    const patch = 'apiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata:\n  name: istiod-gateway\n'
      + `  namespace: istio-system\nspec:\n  selector:\n    mcgen/cluster: ${cluster.name}\n`;
    return { resources: [base], patches: [{ patch }] };
  }
  if (stage === 'workloads') {
    const replaced = (at) => `- op: replace\n  path: ${at}\n  value: sleep-${cluster.name}\n`;
    const renamed = (kind, patch) => ({ target: { kind, name: 'sleep' }, patch, options: { allowNameChange: true } });
    return {
      resources: [base, `${base}/helloworld-${cluster.remote ? 'v2' : 'v1'}`],
      patches: [
        renamed('ServiceAccount', replaced('/metadata/name')),
        renamed('Deployment', replaced('/metadata/name') + replaced('/spec/template/spec/serviceAccountName')),
      ],
    };
  }
  const resources = [base];
  if (cluster.remote) resources.push(`../../../bases/readers/${mesh.primary.name}`);
  resources.push(...cluster.namespaces.map((each) => `${each.name}.yaml`));
  if (cluster.remote) resources.push('tokens.yaml');
  let patch = 'apiVersion: v1\nkind: Namespace\nmetadata:\n  name: istio-system\n  labels:\n'
    + `    topology.istio.io/network: ${cluster.network}\n`;
  if (cluster.remote) patch += `  annotations:\n    topology.istio.io/controlPlaneClusters: ${mesh.primary.id}\n`;
  return { resources, patches: [{ patch }] };
}

class Operator extends ApiObject {
  constructor(scope, name, profile, fields) {
    super(scope, 'operator', {
      apiVersion: 'install.istio.io/v1alpha1',
      kind: 'IstioOperator',
      metadata: { name, namespace: 'istio-system' },
      spec: { profile, hub: mesh.hub, tag: mesh.tag, ...fields },
    });
  }
}

function controlPlane(scope, cluster) {
  const fields = { components: { base: { enabled: false } } };
  if (Object.keys(cluster.webhookAnnotations).length) {
    fields.unvalidatedValues = { sidecarInjectorWebhookAnnotations: cluster.webhookAnnotations };
  }
  const global = { enableReaderRBAC: false, ...mesh.global };
  if (cluster.remote) {
    global.remotePilotAddress = mesh.primary.address;
    const injectionPath = `/inject/cluster/${cluster.id}/net/${cluster.network}`;
    return new Operator(scope, 'control-plane', 'remote', { ...fields, values: { global, istiodRemote: { injectionPath } } });
  }
  Object.assign(global, {
    meshID: mesh.meshId,
    multiCluster: { clusterName: cluster.id },
    network: cluster.network,
    networkPolicy: { enabled: true },
    externalIstiod: true,
  });
  return new Operator(scope, 'control-plane', 'minimal', {
    ...fields,
    meshConfig: { trustDomain: mesh.trustDomain, ...mesh.meshConfig },
    values: { global, pilot: { autoscaleMin: 2, seccompProfile: { type: 'RuntimeDefault' } } },
  });
}

function gateway(scope, cluster) {
  return new Operator(scope, 'east-west-gateway', 'empty', {
    components: {
      ingressGateways: [{
        name: 'istio-eastwestgateway',
        enabled: true,
        label: {
          'app': 'istio-eastwestgateway',
          'istio': 'eastwestgateway',
          'mcgen/cluster': cluster.name,
          'topology.istio.io/network': cluster.network,
        },
        k8s: {
          env: [{ name: 'ISTIO_META_REQUESTED_NETWORK_VIEW', value: cluster.network }],
          hpaSpec: { minReplicas: cluster.replicas.min, maxReplicas: cluster.replicas.max },
          service: { ports: cluster.ports, loadBalancerSourceRanges: cluster.ranges },
          serviceAnnotations: cluster.annotations,
          resources: Object.keys(cluster.resources).length ? cluster.resources : undefined,
        },
      }],
    },
    values: { global: { networkPolicy: { enabled: true } }, gateways: { 'istio-ingressgateway': { injectionTemplate: 'gateway' } } },
  });
}

function tokens(scope, cluster) {
  const name = `${READER}-1`;
  const group = 'rbac.authorization.k8s.io';
  const account = { name, namespace: 'istio-system' };
  new ApiObject(scope, 'account', { apiVersion: 'v1', kind: 'ServiceAccount', metadata: account });
  new ApiObject(scope, 'binding', {
    apiVersion: `${group}/v1`,
    kind: 'ClusterRoleBinding',
    metadata: { name },
    roleRef: { apiGroup: group, kind: 'ClusterRole', name: READER },
    subjects: [{ kind: 'ServiceAccount', ...account }],
  });
  new ApiObject(scope, 'token', {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: `${name}-token`,
      namespace: 'istio-system',
      annotations: { 'kubernetes.io/service-account.name': name, 'mcgen/cluster': cluster.name },
    },
    type: 'kubernetes.io/service-account-token',
  });
}

function namespace(scope, given) {
  new ApiObject(scope, 'namespace', {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: {
      name: given.name,
      labels: {
        'istio-injection': 'enabled',
        'pod-security.kubernetes.io/enforce': 'privileged',
        'pod-security.kubernetes.io/warn': 'restricted',
        ...given.labels,
      },
      annotations: { ...CONFIRM, ...given.annotations },
    },
  });
}

// A chart is a file, whose name is its ID: a folder and a file in it, as one label of a DNS name.
function build(cluster) {
  const app = new App({ outdir: path.join(out, cluster.name), outputFileExtension: '.yaml' });
  const chart = (folder, name) => new Chart(app, `${folder}-${name}`, { disableResourceNameHashes: true });
  for (const [stage, wave] of Object.entries(WAVES)) {
    if (cluster.remote ? stage === 'exposure' || stage === 'policies' : stage === 'remote-secret') continue;
    new Application(chart('argocd', `${String(wave).padStart(2, '0')}-${stage}`), cluster, stage);
    new Kustomization(chart(stage, 'kustomization'), kustomization(cluster, stage));
  }
  new Operator(chart('base', 'istio-operator'), 'base', 'empty', {
    components: { base: { enabled: true } },
    values: { global: { enableReaderRBAC: false } },
  });
  controlPlane(chart('control-plane', 'istio-operator'), cluster);
  gateway(chart('east-west-gateway', 'istio-operator'), cluster);
  for (const given of cluster.namespaces) namespace(chart('namespaces', given.name), given);
  if (cluster.remote) tokens(chart('namespaces', 'tokens'), cluster);
  app.synth();
}

mesh.clusters.forEach(build);
